/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "codec/scep-pki-message.h"
#include "enroll/scep-enrollment-private.h"

G_BEGIN_DECLS

/**
 * ScepQuery:
 *
 * A question to the SCEP server about what it has, beside the attempt that may
 * be going on: GetCert or GetCRL (RFC 8894 sections 3.3.4, 4.5 and 4.6). Signed
 * with the key of the installed certificate. Settings, trust and key are those
 * of the moment when it began; a profile has one query at a time. Belongs to
 * the main loop.
 */
#define SCEP_TYPE_QUERY (scep_query_get_type ())
G_DECLARE_FINAL_TYPE (ScepQuery, scep_query, SCEP, QUERY, GObject)

/**
 * ScepAnswer:
 * @rep: (owned): a SUCCESS, verified
 * @content_key: (owned): what opens it
 */
typedef struct {
  ScepCertRep *rep;
  GBytes *content_key;
} ScepAnswer;

void scep_answer_free (ScepAnswer *answer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ScepAnswer, scep_answer_free)

ScepQuery *scep_query_new (ScepEnrollment *enrollment, GError **error);

ScepEnrollment *scep_query_get_enrollment (ScepQuery *self);
ScepSettings *scep_query_get_settings (ScepQuery *self);
ScepCaTrust *scep_query_get_trust (ScepQuery *self);
ScepCertificate *scep_query_get_certificate (ScepQuery *self);
char *scep_query_get_host (ScepQuery *self);

void scep_query_download_async (ScepQuery *self, const char *url, gboolean refuse_local,
                                gsize max_reply, GAsyncReadyCallback callback, gpointer user_data);
GBytes *scep_query_download_finish (ScepQuery *self, GAsyncResult *result, GError **error);

void scep_query_ask_async (ScepQuery *self, ScepMessageType type, GBytes *message_data,
                           gsize max_reply, GAsyncReadyCallback callback, gpointer user_data);
ScepAnswer *scep_query_ask_finish (ScepQuery *self, GAsyncResult *result, GError **error);
gboolean scep_query_is_unknown (ScepQuery *self, const GError *error);
void scep_query_explain_unknown (ScepQuery *self, ScepMessageType type, GError **error);
void scep_query_add_words (ScepQuery *self, GError *error);

void scep_query_judge_async (ScepQuery *self, GTaskThreadFunc judge, gpointer judgement,
                             GDestroyNotify judgement_free, GAsyncReadyCallback callback,
                             gpointer user_data);
gpointer scep_query_judge_finish (ScepQuery *self, GAsyncResult *result, GError **error);

G_END_DECLS
