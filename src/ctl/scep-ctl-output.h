/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ctl/scep-ctl.h"

#include <glib.h>

char *scep_ctl_pad (const char *text, gsize width);
void scep_ctl_print_row (const char *label, const char *text);
void scep_ctl_print_json (GVariant *value);
char *scep_ctl_format_time (guint64 seconds);
char *scep_ctl_format_value (GVariant *value);
ScepProxyProfile *scep_ctl_begin_pem (ScepCtl *self, const ScepCtlVerb *verb, GStrv *argv,
                                      char **output, GError **error);
gboolean scep_ctl_give_pem (ScepCtl *self, const char *name, const char *pem, const char *output,
                            GError **error);
