/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

/* Certificates as a file that exists in memory only, for as long as this lives. */
typedef struct _ScepTrustFile ScepTrustFile;

ScepTrustFile *scep_trust_file_new (const char *pem, GError **error);
GTlsDatabase *scep_trust_file_open (ScepTrustFile *self, GError **error);
void scep_trust_file_free (ScepTrustFile *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ScepTrustFile, scep_trust_file_free)
