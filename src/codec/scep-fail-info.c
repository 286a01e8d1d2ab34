/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-fail-info.h"

#include "base/scep-error.h"
#include "base/scep-text.h"

#include "codec/scep-cms.h"
#include "codec/scep-hresult.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* Attributes of Microsoft's NDES: the HRESULT in decimal, and words about the request. */
#define OID_MS_HRESULT "1.3.6.1.4.1.311.21.33"
#define OID_MS_STATUS "1.3.6.1.4.1.311.21.38"

typedef struct {
  const char *value;
  ScepError code;
  const char *name;
  const char *meaning; /* and what to do */
} FailInfo;

/* RFC 8894 section 3.2.1.4, then numbers that only some servers know. */
static const FailInfo fail_infos[] = {
  { "0", SCEP_ERROR_BAD_ALG, "badAlg",
    N_ ("it does not accept the algorithms of the request; try another AlgorithmPolicy or "
        "RSAKeyLength") },
  { "1", SCEP_ERROR_BAD_MESSAGE_CHECK, "badMessageCheck",
    N_ ("it could not verify or decrypt the request; the CA's or RA's certificate may have "
        "changed") },
  { "2", SCEP_ERROR_BAD_REQUEST, "badRequest",
    N_ ("it does not permit the request; check ChallengePassword, which may be missing, wrong, "
        "used or expired, and SubjectDN") },
  { "3", SCEP_ERROR_BAD_TIME, "badTime",
    N_ ("the time of the request is too far from its own; check this machine's clock") },
  { "4", SCEP_ERROR_BAD_CERT_ID, "badCertId",
    N_ ("it knows no certificate or request like this one; ask for a new one with Enroll") },
  { "5", SCEP_ERROR_REJECTED_OTHER, "unsupportedExt (non-standard)",
    N_ ("it does not support an extension in the request; check SubjectAltNames, KeyUsage, "
        "ExtendedKeyUsage and CertificateTemplate") },
  { "6", SCEP_ERROR_REJECTED_OTHER, "mustArchiveKeys (non-standard)",
    N_ ("it demands to archive the private key, which is not supported; switch that off at the "
        "CA") },
  { "7", SCEP_ERROR_REJECTED_OTHER, "badIdentity (non-standard)",
    N_ ("it does not accept the identity in the request; check SubjectDN") },
  { "8", SCEP_ERROR_REJECTED_OTHER, "popRequired (non-standard)",
    N_ ("it demands a proof of possession of the key beyond the signed request; see its log") },
  { "9", SCEP_ERROR_REJECTED_OTHER, "popFailed (non-standard)",
    N_ ("it did not believe the proof of possession of the key; see its log") },
  { "10", SCEP_ERROR_REJECTED_OTHER, "noKeyReuse (non-standard)",
    N_ ("it has seen this key before; ask for a certificate for a new key with Enroll") },
  { "11", SCEP_ERROR_REJECTED_OTHER, "internalCAError (non-standard)",
    N_ ("it has a fault of its own; see its log") },
  { "12", SCEP_ERROR_REJECTED_OTHER, "tryLater (non-standard)",
    N_ ("it wants to be asked later, which happens by itself") },
};

static char *
attribute_to_text (ScepSignedData *message, const char *oid)
{
  g_autoptr (GBytes) text = scep_signed_data_get_attribute (message, oid, SCEP_TAG_UTF8_STRING);
  g_autofree char *shown = NULL;
  gsize length;
  const char *data;

  if (text == NULL)
    text = scep_signed_data_get_attribute (message, oid, SCEP_TAG_PRINTABLE_STRING);
  if (text == NULL)
    return NULL;
  data = g_bytes_get_data (text, &length);
  shown = scep_text_printable (data != NULL ? data : "", (gssize) length);
  return *shown != '\0' ? g_steal_pointer (&shown) : NULL;
}

static const FailInfo *
find_fail_info (const char *value)
{
  for (guint i = 0; i < G_N_ELEMENTS (fail_infos); i++) {
    if (strcmp (fail_infos[i].value, value) == 0)
      return &fail_infos[i];
  }
  return NULL;
}

/* (nullable): what the server says beside the reason */
static char *
get_server_words (ScepSignedData *message)
{
  static const char *const oids[] = { SCEP_OID_FAIL_INFO_TEXT, SCEP_OID_FAIL_INFO_TEXT_OLD,
                                      OID_MS_STATUS };
  char *words = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (oids) && words == NULL; i++)
    words = attribute_to_text (message, oids[i]);
  return words;
}

/* (nullable): what Windows says about it, and what helps */
static char *
describe_hresult (ScepSignedData *message)
{
  g_autofree char *decimal = attribute_to_text (message, OID_MS_HRESULT);
  g_autofree char *told = NULL;

  if (decimal == NULL)
    return NULL;
  told = scep_hresult_describe (decimal);
  return told != NULL ? g_steal_pointer (&told)
                      : g_strdup_printf (_ (" (Windows error %s)"), decimal);
}

/**
 * scep_fail_info_describe_words:
 * @message: verified, with the pkiStatus FAILURE
 *
 * Returns: (transfer full): what the server says beside the reason, as sentences
 *   that follow another; empty if that is nothing
 */
char *
scep_fail_info_describe_words (ScepSignedData *message)
{
  g_autofree char *words = get_server_words (message);
  g_autofree char *hresult = describe_hresult (message);
  g_autoptr (GString) text = g_string_new (NULL);

  if (words != NULL)
    g_string_append_printf (text, _ (" The server says: “%s”."), words);
  if (hresult != NULL)
    g_string_append (text, hresult);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/**
 * scep_fail_info_read:
 * @message: verified, with the pkiStatus FAILURE
 *
 * Reads why the CA refused. Servers leave the reason out or invent numbers:
 * that is a refusal like any other.
 *
 * Returns: (transfer full): the reason, as %SCEP_ERROR_BAD_ALG and its
 *   neighbours, or %SCEP_ERROR_REJECTED_OTHER
 */
GError *
scep_fail_info_read (ScepSignedData *message)
{
  g_autofree char *value = attribute_to_text (message, SCEP_OID_FAIL_INFO);
  const FailInfo *info = value != NULL ? find_fail_info (value) : NULL;
  g_autofree char *words = scep_fail_info_describe_words (message);
  g_autoptr (GString) text = g_string_new (NULL);

  if (info != NULL)
    g_string_append_printf (text, _ ("The CA refused the request with %s: %s."), info->name,
                            _ (info->meaning));
  else if (value != NULL)
    g_string_append_printf (
        text, _ ("The CA refused the request with the unknown reason %s; see the server's log."),
        value);
  else
    g_string_append (
        text, _ ("The CA refused the request without naming a reason; see the server's log."));
  g_string_append (text, words);
  return g_error_new_literal (SCEP_ERROR, info != NULL ? info->code : SCEP_ERROR_REJECTED_OTHER,
                              text->str);
}
