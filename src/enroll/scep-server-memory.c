/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-enrollment-private.h"

#include "base/scep-error.h"
#include "enroll/scep-enrollment-event.h"

/*
 * What had to be worked around with a server is remembered, to be tried first
 * the next time, and what it could do before. All of it belongs to the endpoint
 * and goes with it.
 */

#define HTTP_OK 200
#define HTTP_BAD_REQUEST 400
#define HTTP_NOT_FOUND 404
#define HTTP_METHOD_NOT_ALLOWED 405
#define HTTP_NOT_IMPLEMENTED 501

/* How the server has been spoken to: the last is for one that had POST before. */
#define METHOD_POST "post"
#define METHOD_GET "get"
#define METHOD_GET_INSTEAD "get-instead"

/* The server's TLS passes by the policy only. */
#define TLS_WEAK "weak"

/* What stands for the CA where a server wants any word: the first of Dogtag's, any for others. */
#define PLACEHOLDER "0"

/* Without these a message is weaker, or more of it is readable on the way. */
#define PROTECTING                                                                                 \
  (SCEP_CAPABILITY_AES | SCEP_CAPABILITY_POST | SCEP_CAPABILITY_SHA256 | SCEP_CAPABILITY_SHA512)

static const char *
get_endpoint (ScepEnrollment *self)
{
  return scep_settings_get_string (self->settings, SCEP_SETTING_SERVER_ENDPOINT);
}

static const char *
recall (ScepEnrollment *self, const char *key)
{
  const char *endpoint =
      scep_history_get_learned (self->history, SCEP_LEARNED_SERVER, SCEP_LEARNED_ENDPOINT);

  if (g_strcmp0 (endpoint, get_endpoint (self)) != 0)
    return NULL;
  return scep_history_get_learned (self->history, SCEP_LEARNED_SERVER, key);
}

static void
remember (ScepEnrollment *self, const char *key, const char *value)
{
  static const char *const keys[] = { SCEP_LEARNED_CAPABILITIES, SCEP_LEARNED_LISTED,
                                      SCEP_LEARNED_WEAKENED, SCEP_LEARNED_METHOD,
                                      SCEP_LEARNED_IDENTIFIER };

  if (g_strcmp0 (recall (self, key), value) == 0)
    return;
  if (recall (self, SCEP_LEARNED_ENDPOINT) == NULL) {
    for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
      scep_history_learn (self->history, SCEP_LEARNED_SERVER, keys[i], NULL);
    scep_history_learn (self->history, SCEP_LEARNED_SERVER, SCEP_LEARNED_ENDPOINT,
                        get_endpoint (self));
  }
  scep_history_learn (self->history, SCEP_LEARNED_SERVER, key, value);
}

static ScepCapabilities
recall_words (ScepEnrollment *self, const char *key)
{
  const char *words = recall (self, key);
  g_auto (GStrv) list = g_strsplit (words != NULL ? words : "", " ", -1);

  return scep_capabilities_from_strv ((const char *const *) list);
}

static void
remember_words (ScepEnrollment *self, const char *key, ScepCapabilities capabilities)
{
  g_auto (GStrv) words = scep_capabilities_to_strv (capabilities);
  g_autofree char *list = g_strjoinv (" ", words);

  remember (self, key, list[0] != '\0' ? list : NULL);
}

/* Whatever the server has ever listed. */
static ScepCapabilities
recall_capabilities (ScepEnrollment *self)
{
  return recall_words (self, SCEP_LEARNED_CAPABILITIES);
}

/* SCEPStandard says all of them (RFC 8894 section 3.5.2). */
static ScepCapabilities
get_protecting (ScepCapabilities capabilities)
{
  if ((capabilities & SCEP_CAPABILITY_STANDARD) != 0)
    capabilities |= SCEP_CAPABILITY_AES | SCEP_CAPABILITY_POST | SCEP_CAPABILITY_SHA256;
  /* Either of the two digests is as good as the other. */
  if ((capabilities & SCEP_CAPABILITY_SHA512) != 0)
    capabilities |= SCEP_CAPABILITY_SHA256;
  return capabilities & PROTECTING & ~(guint) SCEP_CAPABILITY_SHA512;
}

static void
tell_weakening (ScepEnrollment *self, const char *missing)
{
  scep_enrollment_note_weakening (self, missing);
  scep_enrollment_save_history (self);
  g_signal_emit_by_name (self->hooks.owner, "capabilities-weakened", missing);
}

static void
compare (ScepEnrollment *self, ScepCapabilities before)
{
  ScepCapabilities missing = get_protecting (before) & ~(guint) get_protecting (self->capabilities);
  g_auto (GStrv) words = scep_capabilities_to_strv (missing);
  g_autofree char *list = g_strjoinv (" ", words);
  const char *known = recall (self, SCEP_LEARNED_WEAKENED);
  gboolean is_new = g_strcmp0 (known != NULL ? known : "", list) != 0;

  remember (self, SCEP_LEARNED_WEAKENED, list[0] != '\0' ? list : NULL);
  if (is_new && list[0] != '\0')
    tell_weakening (self, list);
}

/**
 * scep_enrollment_has_listed:
 * @body: (nullable): a GetCACaps reply
 * @status: HTTP status of the reply, 0 if there was none
 *
 * An empty list is one, and so is not to know the operation; any other fault
 * passes.
 *
 * Returns: whether the server said what it can
 */
gboolean
scep_enrollment_has_listed (GBytes *body, guint status)
{
  return body != NULL || status == HTTP_OK || status == HTTP_NOT_FOUND;
}

/**
 * scep_enrollment_take_capabilities:
 * @body: (nullable): a GetCACaps reply; %NULL if there was none, which is as
 *   good as an empty one (RFC 8894 section 3.5.1)
 * @status: HTTP status of the reply, 0 if there was none
 *
 * Remembers what the server can, and tells once if it can do less than before:
 * nobody vouches for the list, so it may be somebody on the way (section 7.5).
 */
void
scep_enrollment_take_capabilities (ScepEnrollment *self, GBytes *body, guint status)
{
  ScepCapabilities before = recall_capabilities (self);

  self->capabilities = body != NULL ? scep_capabilities_parse (body) : SCEP_CAPABILITY_NONE;
  self->capabilities_known = TRUE;
  if (!scep_enrollment_has_listed (body, status))
    return;
  remember_words (self, SCEP_LEARNED_CAPABILITIES, before | self->capabilities);
  remember_words (self, SCEP_LEARNED_LISTED, self->capabilities);
  compare (self, before);
}

/**
 * scep_enrollment_get_capabilities:
 *
 * Returns: what the server listed the last time, perhaps before a restart
 */
ScepCapabilities
scep_enrollment_get_capabilities (ScepEnrollment *self)
{
  return self->capabilities_known || self->capabilities != SCEP_CAPABILITY_NONE
             ? self->capabilities
             : recall_words (self, SCEP_LEARNED_LISTED);
}

/**
 * scep_enrollment_note_tls:
 * @reply: (nullable): of the server
 *
 * Remembers whether only the policy let its TLS pass.
 */
void
scep_enrollment_note_tls (ScepEnrollment *self, ScepHttpReply *reply)
{
  const char *value = reply != NULL && scep_http_reply_is_weak (reply) ? TLS_WEAK : NULL;

  if (reply == NULL || g_strcmp0 (recall (self, SCEP_LEARNED_TLS), value) == 0)
    return;
  remember (self, SCEP_LEARNED_TLS, value);
  scep_enrollment_save_history (self);
}

/**
 * scep_enrollment_get_server_warnings:
 *
 * Returns: what there is to say of the server
 */
ScepWarnings
scep_enrollment_get_server_warnings (ScepEnrollment *self)
{
  gboolean is_weaker = recall (self, SCEP_LEARNED_WEAKENED) != NULL ||
                       g_strcmp0 (recall (self, SCEP_LEARNED_METHOD), METHOD_GET_INSTEAD) == 0;

  return (is_weaker ? SCEP_WARNING_CAPABILITIES : SCEP_WARNING_NONE) |
         (recall (self, SCEP_LEARNED_TLS) != NULL ? SCEP_WARNING_WEAK_TLS : SCEP_WARNING_NONE);
}

/**
 * scep_enrollment_choose_algorithms:
 *
 * Returns: what to send to this server: what it has ever been able to do counts
 */
ScepAlgorithmChoice
scep_enrollment_choose_algorithms (ScepEnrollment *self)
{
  return scep_algorithm_choose (self->capabilities | recall_capabilities (self),
                                scep_settings_get_policy (self->settings));
}

/**
 * scep_enrollment_posts:
 *
 * Returns: whether messages are posted (RFC 8894 section 4.1)
 */
gboolean
scep_enrollment_posts (ScepEnrollment *self, const ScepDelivery *delivery)
{
  if (scep_settings_get_policy (self->settings) == SCEP_POLICY_STRICT)
    return TRUE;
  return !delivery->gets_instead &&
         g_strcmp0 (recall (self, SCEP_LEARNED_METHOD), METHOD_GET) != 0 &&
         scep_enrollment_choose_algorithms (self).post;
}

static gboolean
is_unanswered (const ScepDelivery *delivery, const GError *error)
{
  return error->code == SCEP_ERROR_MALFORMED_REPLY && delivery->status == HTTP_OK;
}

/**
 * scep_enrollment_may_get_instead:
 * @error: why there is no reply to a message
 *
 * Some servers list POST and answer it with nothing at all.
 *
 * Returns: whether the same message is to be sent by GET, once
 */
gboolean
scep_enrollment_may_get_instead (ScepEnrollment *self, ScepDelivery *delivery, const GError *error)
{
  /* By GET it was no better. */
  delivery->gets_instead = FALSE;
  if (delivery->has_tried_get || !scep_enrollment_posts (self, delivery) ||
      scep_settings_get_policy (self->settings) == SCEP_POLICY_STRICT)
    return FALSE;
  if (!is_unanswered (delivery, error) && delivery->status != HTTP_METHOD_NOT_ALLOWED &&
      delivery->status != HTTP_NOT_IMPLEMENTED)
    return FALSE;
  delivery->gets_instead = TRUE;
  delivery->has_tried_get = TRUE;
  return TRUE;
}

static void
confirm_get (ScepEnrollment *self)
{
  const char *known = recall (self, SCEP_LEARNED_METHOD);

  if (known == NULL) {
    remember (self, SCEP_LEARNED_METHOD, METHOD_GET);
  } else if (g_str_equal (known, METHOD_POST)) {
    remember (self, SCEP_LEARNED_METHOD, METHOD_GET_INSTEAD);
    tell_weakening (self, "POSTPKIOperation");
  }
}

/**
 * scep_enrollment_confirm_method:
 *
 * The server gave a signed answer: how it was asked is how to ask it. One that
 * has ever had POST is asked so first for good, for what stands between it and
 * GET may be somebody on the way.
 *
 * Returns: whether that is something new, to be saved
 */
gboolean
scep_enrollment_confirm_method (ScepEnrollment *self, const ScepDelivery *delivery)
{
  g_autofree char *before = g_strdup (recall (self, SCEP_LEARNED_METHOD));

  if (delivery->gets_instead)
    confirm_get (self);
  else if (scep_enrollment_posts (self, delivery))
    remember (self, SCEP_LEARNED_METHOD, METHOD_POST);
  return g_strcmp0 (recall (self, SCEP_LEARNED_METHOD), before) != 0;
}

/**
 * scep_enrollment_get_ca_identifier:
 *
 * Returns: (transfer none): what GetCACert sends as message=, "" for nothing
 */
const char *
scep_enrollment_get_ca_identifier (ScepEnrollment *self)
{
  const char *configured = scep_settings_get_string (self->settings, SCEP_SETTING_CA_IDENTIFIER);
  const char *learned = recall (self, SCEP_LEARNED_IDENTIFIER);

  if (configured[0] != '\0')
    return configured;
  if (self->asks_otherwise)
    return PLACEHOLDER;
  return learned != NULL ? learned : "";
}

/**
 * scep_enrollment_may_ask_otherwise:
 * @error: why there is no reply to GetCACert
 *
 * Some servers want a CA identifier, whichever it is.
 *
 * Returns: whether to ask again with one, once
 */
gboolean
scep_enrollment_may_ask_otherwise (ScepEnrollment *self, const GError *error)
{
  if (scep_enrollment_get_ca_identifier (self)[0] != '\0' ||
      (!is_unanswered (&self->delivery, error) && self->delivery.status < HTTP_BAD_REQUEST))
    return FALSE;
  self->asks_otherwise = TRUE;
  return TRUE;
}

/**
 * scep_enrollment_confirm_identifier:
 *
 * GetCACert brought certificates.
 */
void
scep_enrollment_confirm_identifier (ScepEnrollment *self)
{
  if (self->asks_otherwise)
    remember (self, SCEP_LEARNED_IDENTIFIER, PLACEHOLDER);
}
