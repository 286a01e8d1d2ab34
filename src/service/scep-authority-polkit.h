/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "service/scep-authority.h"

G_BEGIN_DECLS

#define SCEP_TYPE_AUTHORITY_POLKIT (scep_authority_polkit_get_type ())
G_DECLARE_FINAL_TYPE (ScepAuthorityPolkit, scep_authority_polkit, SCEP, AUTHORITY_POLKIT, GObject)

ScepAuthority *scep_authority_polkit_new (GDBusConnection *connection);

G_END_DECLS
