/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ctl/scep-ctl-error.h"
#include "scep-proxy.h"

/**
 * ScepCtl:
 *
 * What the options before the verb said.
 */
typedef struct {
  gboolean json;
  char *profile_id;            /* (owned) (nullable): the default profile */
  GDBusConnection *connection; /* (owned) (nullable): not connected yet */
} ScepCtl;

typedef struct _ScepCtlVerb ScepCtlVerb;

/**
 * ScepCtlRun:
 * @argv: (inout): the verb's name and what follows it; parsed with scep_ctl_parse()
 *
 * One verb. It prints its result.
 *
 * Returns: %FALSE with @error set where it did not succeed
 */
typedef gboolean (*ScepCtlRun) (ScepCtl *self, const ScepCtlVerb *verb, GStrv *argv,
                                GError **error);

struct _ScepCtlVerb {
  const char *group; /* (nullable): "keystore" in "keystore list" */
  const char *name;
  const char *arguments;   /* as --help shows them */
  const char *summary;     /* one line */
  const char *description; /* examples */
  guint min_arguments;
  guint max_arguments;
  ScepCtlRun run;
};

int scep_ctl_main (char **argv);
gboolean scep_ctl_parse (ScepCtl *self, const ScepCtlVerb *verb, const GOptionEntry *options,
                         GStrv *argv, GError **error);

/* The bus */
gboolean scep_ctl_connect (ScepCtl *self, GError **error);
ScepProxyProfile *scep_ctl_get_profile (ScepCtl *self, GError **error);
ScepProxyProfile *scep_ctl_open_profile (ScepCtl *self, const char *path, GError **error);
ScepProxyKeystore *scep_ctl_get_keystore (ScepCtl *self, const char *id, GError **error);
GVariant *scep_ctl_call (gpointer proxy, const char *method, GVariant *parameters, GError **error);
GVariant *scep_ctl_call_manager (ScepCtl *self, const char *method, GVariant *parameters,
                                 GError **error);
GVariant *scep_ctl_call_with_fd (gpointer proxy, const char *method, GVariant *parameters, int fd,
                                 GUnixFDList **fds, GError **error);
const char *scep_ctl_profile_id_from_path (const char *path);

/* Waiting */

/* How long --wait waits, in seconds, where --timeout says nothing. */
#define SCEP_CTL_TIMEOUT 300

/**
 * ScepCtlRequest:
 *
 * Asks the service for what scep_ctl_wait() is to wait for.
 */
typedef gboolean (*ScepCtlRequest) (ScepProxyProfile *profile, GError **error);

gboolean scep_ctl_wait (ScepCtl *self, ScepProxyProfile *profile, ScepCtlRequest request,
                        int timeout, GError **error);
gboolean scep_ctl_check_timeout (int timeout, GError **error);

/* The challenge */
GBytes *scep_ctl_read_challenge (const char *file, gboolean ask, GError **error);
int scep_ctl_memory_file (GBytes *content, GError **error);

/* The verbs */
gboolean scep_ctl_status (ScepCtl *self, const ScepCtlVerb *verb, GStrv *argv, GError **error);
gboolean scep_ctl_list (ScepCtl *self, const ScepCtlVerb *verb, GStrv *argv, GError **error);
gboolean scep_ctl_configure (ScepCtl *self, const ScepCtlVerb *verb, GStrv *argv, GError **error);
gboolean scep_ctl_enroll (ScepCtl *self, const ScepCtlVerb *verb, GStrv *argv, GError **error);
gboolean scep_ctl_renew (ScepCtl *self, const ScepCtlVerb *verb, GStrv *argv, GError **error);
gboolean scep_ctl_switch_back (ScepCtl *self, const ScepCtlVerb *verb, GStrv *argv, GError **error);
gboolean scep_ctl_accept_ca (ScepCtl *self, const ScepCtlVerb *verb, GStrv *argv, GError **error);
gboolean scep_ctl_history (ScepCtl *self, const ScepCtlVerb *verb, GStrv *argv, GError **error);
gboolean scep_ctl_diagnose (ScepCtl *self, const ScepCtlVerb *verb, GStrv *argv, GError **error);
gboolean scep_ctl_certificate (ScepCtl *self, const ScepCtlVerb *verb, GStrv *argv, GError **error);
gboolean scep_ctl_crl (ScepCtl *self, const ScepCtlVerb *verb, GStrv *argv, GError **error);
gboolean scep_ctl_monitor (ScepCtl *self, const ScepCtlVerb *verb, GStrv *argv, GError **error);
gboolean scep_ctl_reload (ScepCtl *self, const ScepCtlVerb *verb, GStrv *argv, GError **error);
gboolean scep_ctl_profile_create (ScepCtl *self, const ScepCtlVerb *verb, GStrv *argv,
                                  GError **error);
gboolean scep_ctl_profile_delete (ScepCtl *self, const ScepCtlVerb *verb, GStrv *argv,
                                  GError **error);
gboolean scep_ctl_keystore_list (ScepCtl *self, const ScepCtlVerb *verb, GStrv *argv,
                                 GError **error);
gboolean scep_ctl_keystore_show (ScepCtl *self, const ScepCtlVerb *verb, GStrv *argv,
                                 GError **error);
gboolean scep_ctl_keystore_create (ScepCtl *self, const ScepCtlVerb *verb, GStrv *argv,
                                   GError **error);
gboolean scep_ctl_keystore_csr (ScepCtl *self, const ScepCtlVerb *verb, GStrv *argv,
                                GError **error);
gboolean scep_ctl_keystore_export (ScepCtl *self, const ScepCtlVerb *verb, GStrv *argv,
                                   GError **error);
gboolean scep_ctl_keystore_import (ScepCtl *self, const ScepCtlVerb *verb, GStrv *argv,
                                   GError **error);
gboolean scep_ctl_keystore_delete (ScepCtl *self, const ScepCtlVerb *verb, GStrv *argv,
                                   GError **error);
