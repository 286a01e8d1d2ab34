/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "codec/scep-crl.h"
#include "codec/scep-der.h"

/* What the files that make up ScepCrl share. */

struct _ScepCrl {
  GBytes *der;                /* (owned) */
  GBytes *tbs;                /* (owned): what is signed */
  GBytes *algorithm;          /* (owned): AlgorithmIdentifier of the signature */
  GBytes *signature;          /* (owned) */
  GBytes *issuer_der;         /* (owned) */
  GBytes *distribution_point; /* (owned) (nullable): the DistributionPointName it is for */
  char *issuer;               /* (owned) */
  char *number;               /* (owned) (nullable) */
  gint64 this_update;
  gint64 next_update;
  guint n_entries;
};

gboolean scep_crl_refuse (GError **error, const char *why);
gboolean scep_crl_read_number (ScepCrl *self, GBytes *value, GError **error);
gboolean scep_crl_read_extensions (ScepCrl *self, GBytes *extensions, GError **error);
gboolean scep_crl_check_entry_extensions (ScepDerReader *entry, GError **error);
