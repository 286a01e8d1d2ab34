/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* What can stand between "${" and "}" in a DN or SAN. */
typedef enum {
  SCEP_TEMPLATE_HOSTNAME,
  SCEP_TEMPLATE_FQDN,
  SCEP_TEMPLATE_MACHINE_ID,
  SCEP_TEMPLATE_PRODUCT_SERIAL,
  SCEP_TEMPLATE_PRODUCT_UUID,
  SCEP_TEMPLATE_MAC, /* with the name of a network interface: ${mac:eth0} */
  SCEP_TEMPLATE_PROFILE,
} ScepTemplateVariable;

/**
 * ScepTemplateSource:
 * @lookup: returns (transfer full) the value of @variable as it is now, not
 *   escaped, or %NULL with an error; @argument is the interface of
 *   %SCEP_TEMPLATE_MAC, else %NULL
 * @user_data: for @lookup
 *
 * Where the values of a machine come from. Called on the main loop: it must
 * not block.
 */
typedef struct {
  char *(*lookup) (ScepTemplateVariable variable, const char *argument, gpointer user_data,
                   GError **error);
  gpointer user_data;
} ScepTemplateSource;

gboolean scep_template_is_template (const char *text);
char *scep_template_expand (const char *text, const ScepTemplateSource *source, GError **error);
char *scep_template_expand_dn (const char *dn, const ScepTemplateSource *source, GError **error);
char **scep_template_expand_list (const char *const *texts, const ScepTemplateSource *source,
                                  GError **error);
