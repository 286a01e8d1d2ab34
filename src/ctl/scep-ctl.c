/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/scep-ctl.h"

#include <glib/gi18n-lib.h>
#include <stdio.h>

static const ScepCtlVerb verbs[] = {
  { NULL, "status", "", N_ ("Show a profile: its state, its certificate and what is next"),
    "  scepctl status\n  scepctl status --wait --timeout 120\n"
    "  scepctl --profile vpn --json status",
    0, 0, scep_ctl_status },
  { NULL, "list", "", N_ ("List the profiles"), "  scepctl list", 0, 0, scep_ctl_list },
  { NULL, "configure", N_ ("KEY=VALUE…"), N_ ("Change settings, all of them at once or none"),
    N_ ("  scepctl configure ServerEndpoint=http://ca.example.org/scep \\\n"
        "    CARootFingerprint=9f86d0… 'SubjectDN=CN=device-1,O=Example'\n"
        "  scepctl configure --ask-challenge Enabled=true\n"
        "  pass show scep | scepctl configure --challenge-file -\n"
        "  scepctl configure 'SubjectAltNames=DNS:device-1.example.org;IP:192.0.2.7'\n"
        "  scepctl configure CARootVerificationMethod=certificate CARootCertificate=@ca.pem\n"
        "  scepctl configure --reset RSAKeyLength\n\n"
        "The items of a list are separated by “;”. “@FILE” reads a PEM setting from a file."),
    0, G_MAXUINT, scep_ctl_configure },
  { NULL, "enroll", "", N_ ("Ask the CA for another certificate now"),
    N_ ("  scepctl enroll --wait --timeout 120\n\n"
        "The first certificate needs no such request: Enabled=true starts it, and\n"
        "“scepctl status --wait” waits for it."),
    0, 0, scep_ctl_enroll },
  { NULL, "renew", "", N_ ("Renew the certificate now, before it is due"), "  scepctl renew --wait",
    0, 0, scep_ctl_renew },
  { NULL, "switch-back", "", N_ ("Make the certificate before this one current again"),
    N_ ("  scepctl keystore show scep-previous-key-pair     shows which that is\n"
        "  scepctl switch-back\n\n"
        "Key and certificate change places with the present ones; a second time takes it\n"
        "back."),
    0, 0, scep_ctl_switch_back },
  { NULL, "accept-ca", N_ ("[FINGERPRINT]"), N_ ("Trust the CA that the server offers"),
    N_ ("  scepctl accept-ca             shows the fingerprint to compare\n"
        "  scepctl accept-ca 9f86d0…     trusts exactly that CA"),
    0, 1, scep_ctl_accept_ca },
  { NULL, "history", "", N_ ("Show what happened to a profile, the last 50 events"),
    "  scepctl history\n  scepctl --profile vpn --json history", 0, 0, scep_ctl_history },
  { NULL, "diagnose", "", N_ ("Try every step up to a request, and say what is wrong"),
    N_ ("  scepctl diagnose\n  scepctl --profile vpn --json diagnose\n\n"
        "Nothing is requested. The exit status is 1 where a step fails."),
    0, 0, scep_ctl_diagnose },
  { NULL, "crl", "", N_ ("Print the certificate revocation list that covers the certificate"),
    "  scepctl crl --output ca.crl\n"
    "  scepctl crl | openssl crl -noout -text",
    0, 0, scep_ctl_crl },
  { NULL, "certificate", N_ ("SERIAL"),
    N_ ("Print the certificate that the CA issued with this serial number"),
    "  scepctl certificate 4d\n"
    "  scepctl certificate 01:8F:2A:93 | openssl x509 -noout -text",
    1, 1, scep_ctl_certificate },
  { NULL, "monitor", "", N_ ("Show what happens as it happens, until Ctrl-C"),
    "  scepctl monitor\n  scepctl --json monitor", 0, 0, scep_ctl_monitor },
  { NULL, "reload", "", N_ ("Read the files of profiles and keystores again"),
    N_ ("  scepctl reload\n\n"
        "It ends when what they say is in force. Where a file cannot be read, the others are\n"
        "in force all the same; the exit status is 1, and a line says what is wrong with it."),
    0, 0, scep_ctl_reload },
  { "keystore", "list", "", N_ ("List keys and certificates"), "  scepctl keystore list", 0, 0,
    scep_ctl_keystore_list },
  { "keystore", "show", N_ ("ALIAS"), N_ ("Show an entry and its certificates"),
    "  scepctl keystore show scep-enrolled-key-pair", 1, 1, scep_ctl_keystore_show },
  { "keystore", "create", N_ ("ALIAS"), N_ ("Create a key pair"),
    "  scepctl keystore create --bits 3072 vpn-key", 1, 1, scep_ctl_keystore_create },
  { "keystore", "csr", N_ ("ALIAS"), N_ ("Print a certificate signing request for a key pair"),
    "  scepctl keystore csr --subject CN=vpn --san DNS:vpn.example.org vpn-key", 1, 1,
    scep_ctl_keystore_csr },
  { "keystore", "export", N_ ("ALIAS"), N_ ("Write a private key and its certificates to a file"),
    "  scepctl keystore export --output device.pem scep-enrolled-key-pair", 1, 1,
    scep_ctl_keystore_export },
  { "keystore", "import", N_ ("ALIAS FILE"),
    N_ ("Add a certificate, or a private key with its certificates"),
    "  scepctl keystore import site-ca ca.pem\n  scepctl keystore import vpn-key - < key.pem", 2, 2,
    scep_ctl_keystore_import },
  { "keystore", "delete", N_ ("ALIAS"), N_ ("Delete an entry"), "  scepctl keystore delete vpn-key",
    1, 1, scep_ctl_keystore_delete },
  { "profile", "create", N_ ("ID [KEY=VALUE…]"), N_ ("Add a profile"),
    "  scepctl profile create vpn ServerEndpoint=http://ca.example.org/scep SubjectDN=CN=vpn", 1,
    G_MAXUINT, scep_ctl_profile_create },
  { "profile", "delete", N_ ("ID"), N_ ("Remove a profile with its key and certificate"),
    "  scepctl profile delete vpn", 1, 1, scep_ctl_profile_delete },
};

static const char *const first_steps =
    N_ ("First steps:\n"
        "  scepctl configure ServerEndpoint=http://ca.example.org/scep SubjectDN=CN=device-1 \\\n"
        "    CARootFingerprint=… --ask-challenge Enabled=true\n"
        "  scepctl status --wait\n\n"
        "Enabled=true starts the enrollment; “scepctl enroll” is for another certificate later.\n"
        "“scepctl VERB --help” explains a verb and shows examples.\n\n"
        "Exit status:\n"
        "  0  done\n"
        "  1  it failed; the sentence says why\n"
        "  2  wrong usage, or a value that is not valid\n"
        "  3  not permitted\n"
        "  4  the service or the system bus cannot be reached\n"
        "  5  no result in the given time\n"
        "  6  something has to be done first: a setting, accept-ca, Enabled=true\n");

static void
add_global_options (ScepCtl *self, GOptionContext *context)
{
  const GOptionEntry entries[] = {
    { "profile", 'p', 0, G_OPTION_ARG_STRING, &self->profile_id,
      N_ ("The profile, instead of the default one"), N_ ("ID") },
    { "json", 'j', 0, G_OPTION_ARG_NONE, &self->json, N_ ("Print JSON, for programs"), NULL },
    G_OPTION_ENTRY_NULL,
  };

  g_option_context_add_main_entries (context, entries, GETTEXT_PACKAGE);
}

/* gettext has its own meaning of "". */
static const char *
translate (const char *text)
{
  return *text != '\0' ? _ (text) : text;
}

static char *
verb_get_title (const ScepCtlVerb *verb)
{
  return g_strjoin (verb->group != NULL ? " " : "", verb->group != NULL ? verb->group : "",
                    verb->name, NULL);
}

/**
 * scep_ctl_parse:
 * @options: (nullable): the verb's own
 * @argv: (inout): the arguments remain, without the verb
 *
 * Parses what follows a verb and checks the number of its arguments. --help ends
 * the program here.
 */
gboolean
scep_ctl_parse (ScepCtl *self, const ScepCtlVerb *verb, const GOptionEntry *options, GStrv *argv,
                GError **error)
{
  g_autofree char *title = verb_get_title (verb);
  g_autofree char *usage = *verb->arguments != '\0'
                               ? g_strdup_printf ("%s %s", title, translate (verb->arguments))
                               : g_strdup (title);
  g_autofree char *examples = g_strdup_printf (_ ("Examples:\n%s"), translate (verb->description));
  g_autoptr (GOptionContext) context = g_option_context_new (usage);
  GStrv rest;
  guint n;

  if (options != NULL)
    g_option_context_add_main_entries (context, options, GETTEXT_PACKAGE);
  add_global_options (self, context);
  g_option_context_set_summary (context, _ (verb->summary));
  g_option_context_set_description (context, examples);
  if (!g_option_context_parse_strv (context, argv, error))
    return FALSE;

  rest = g_strdupv (*argv + 1);
  g_strfreev (*argv);
  *argv = rest;
  n = g_strv_length (rest);
  if (n < verb->min_arguments || n > verb->max_arguments) {
    scep_ctl_error_set (error, SCEP_CTL_EXIT_USAGE,
                        _ ("Usage: scepctl %s; “scepctl %s --help” explains it."), usage, title);
    return FALSE;
  }
  return TRUE;
}

static char *
make_summary (void)
{
  GString *text = g_string_new (_ ("Certificates from a SCEP server, kept valid by the "
                                   "scep-enrollment service.\n\nVerbs:"));

  for (guint i = 0; i < G_N_ELEMENTS (verbs); i++) {
    g_autofree char *title = verb_get_title (&verbs[i]);

    g_string_append_printf (text, "\n  %-18s %s", title, _ (verbs[i].summary));
  }
  return g_string_free (text, FALSE);
}

static gboolean
parse_global (ScepCtl *self, GStrv *argv, GError **error)
{
  gboolean version = FALSE;
  const GOptionEntry entries[] = {
    { "version", 0, 0, G_OPTION_ARG_NONE, &version, N_ ("Print the version"), NULL },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr (GOptionContext) context = g_option_context_new (_ ("VERB [ARGUMENT…]"));
  g_autofree char *summary = make_summary ();

  add_global_options (self, context);
  g_option_context_add_main_entries (context, entries, GETTEXT_PACKAGE);
  g_option_context_set_summary (context, summary);
  g_option_context_set_description (context, _ (first_steps));
  g_option_context_set_strict_posix (context, TRUE);
  if (!g_option_context_parse_strv (context, argv, error))
    return FALSE;
  if (version)
    g_print ("scepctl %s\n", SCEP_VERSION);
  else if ((*argv)[1] == NULL)
    scep_ctl_error_set (
        error, SCEP_CTL_EXIT_USAGE,
        _ ("Say what to do, for example “scepctl status”; “scepctl --help” lists the verbs."));
  return !version && (*argv)[1] != NULL;
}

/* Finds the verb that @words begin with; @used is how many of them it takes. */
static const ScepCtlVerb *
find_verb (char **words, guint *used)
{
  for (guint i = 0; i < G_N_ELEMENTS (verbs); i++) {
    const ScepCtlVerb *verb = &verbs[i];

    *used = verb->group != NULL ? 2 : 1;
    if (verb->group != NULL && g_strcmp0 (words[0], verb->group) == 0 &&
        g_strcmp0 (words[1], verb->name) == 0)
      return verb;
    if (verb->group == NULL && g_strcmp0 (words[0], verb->name) == 0)
      return verb;
  }
  return NULL;
}

static void
explain_unknown (const char *word, GError **error)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) names = NULL;
  g_autofree char *list = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (verbs); i++) {
    if (g_strcmp0 (word, verbs[i].group) == 0)
      g_strv_builder_add (builder, verbs[i].name);
  }
  names = g_strv_builder_end (builder);
  list = g_strjoinv (", ", names);
  if (*list != '\0')
    scep_ctl_error_set (error, SCEP_CTL_EXIT_USAGE,
                        _ ("After “%s” comes one of these: %s; “scepctl --help” explains them."),
                        word, list);
  else
    scep_ctl_error_set (error, SCEP_CTL_EXIT_USAGE,
                        _ ("There is no verb “%s”; “scepctl --help” lists them."), word);
}

static gboolean
run_verb (ScepCtl *self, char **words, GError **error)
{
  g_auto (GStrv) argv = NULL;
  guint used = 0;
  const ScepCtlVerb *verb = find_verb (words, &used);

  if (verb == NULL) {
    explain_unknown (words[0], error);
    return FALSE;
  }
  argv = g_strdupv (words + used - 1);
  return verb->run (self, verb, &argv, error);
}

/**
 * scep_ctl_main:
 *
 * The program.
 *
 * Returns: the exit status, a #ScepCtlExit
 */
int
scep_ctl_main (char **argv)
{
  ScepCtl self = { 0 };
  g_auto (GStrv) words = g_strdupv (argv);
  g_autoptr (GError) error = NULL;
  g_autofree char *sentence = NULL;
  gboolean done = FALSE;

  g_set_prgname ("scepctl");
  if (parse_global (&self, &words, &error))
    done = run_verb (&self, words + 1, &error);
  g_clear_object (&self.connection);
  g_free (self.profile_id);
  fflush (stdout);

  if (done || error == NULL)
    return SCEP_CTL_EXIT_OK;
  sentence = scep_ctl_error_get_sentence (error);
  g_printerr ("scepctl: %s\n", sentence);
  return (int) scep_ctl_error_get_exit (error);
}
