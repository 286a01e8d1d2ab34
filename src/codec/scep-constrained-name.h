/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* The alternatives of GeneralName (RFC 5280 section 4.2.1.6), as they are tagged. */
#define SCEP_GENERAL_NAME_OTHER 0xa0
#define SCEP_GENERAL_NAME_EMAIL 0x81
#define SCEP_GENERAL_NAME_DNS 0x82
#define SCEP_GENERAL_NAME_DIRECTORY 0xa4
#define SCEP_GENERAL_NAME_URI 0x86
#define SCEP_GENERAL_NAME_IP 0x87

/**
 * ScepConstrainedName:
 * @tag: SCEP_GENERAL_NAME_…, or one that cannot be compared
 * @type_id: (nullable): OID of an otherName
 * @text: (nullable): what is compared; %NULL where it cannot be
 * @octets: (nullable): in its place for an address
 *
 * A GeneralName, or the base of a subtree of them, in the form in which the two are
 * compared; for the codec only.
 */
typedef struct {
  guint8 tag;
  char *type_id;
  char *text;
  GBytes *octets;
} ScepConstrainedName;

ScepConstrainedName *scep_constrained_name_new (GBytes *general_name, gboolean is_base);
ScepConstrainedName *scep_constrained_name_new_directory (GBytes *name);
ScepConstrainedName *scep_constrained_name_new_email (const char *text);
ScepConstrainedName *scep_constrained_name_new_host (const char *text);
void scep_constrained_name_free (ScepConstrainedName *name);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ScepConstrainedName, scep_constrained_name_free)

gboolean scep_constrained_name_is_comparable (const ScepConstrainedName *name);
gboolean scep_constrained_name_is_of_form (const ScepConstrainedName *name,
                                           const ScepConstrainedName *base);
gboolean scep_constrained_name_is_within (const ScepConstrainedName *name,
                                          const ScepConstrainedName *base, gboolean partly);
