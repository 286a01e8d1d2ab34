/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/**
 * ScepNameConstraints:
 *
 * Which names a CA may give (RFC 5280 section 4.2.1.10): an immutable value; for
 * the codec only.
 */
typedef struct _ScepNameConstraints ScepNameConstraints;

ScepNameConstraints *scep_name_constraints_new (GBytes *der);
void scep_name_constraints_free (ScepNameConstraints *constraints);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ScepNameConstraints, scep_name_constraints_free)

char *scep_name_constraints_find_forbidden (const ScepNameConstraints *constraints, GBytes *subject,
                                            GBytes *alt_names);
char *scep_name_constraints_find_forbidden_host (const ScepNameConstraints *constraints,
                                                 GBytes *subject, GBytes *alt_names);
