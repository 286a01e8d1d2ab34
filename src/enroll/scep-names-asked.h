/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* The names of a request: the subject, an RFC 4514 string, then the SANs. */
char *scep_names_join (const char *const *names);
char **scep_names_split (const char *text);
gboolean scep_names_equal (const char *a, const char *b);
