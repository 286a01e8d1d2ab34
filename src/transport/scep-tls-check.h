/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * ScepTlsQuestion:
 * @certificate: the server's, which GLib has verified, with the chain that was sent
 * @version: what both agreed on
 * @host: of the URL
 * @where: the URL, for messages
 * @allow_weak: whether an old version and a short key may pass, with a warning
 */
typedef struct {
  GTlsCertificate *certificate;
  GTlsProtocolVersion version;
  const char *host;
  const char *where;
  gboolean allow_weak;
} ScepTlsQuestion;

gboolean scep_tls_check (const ScepTlsQuestion *question, gboolean *is_weak, GError **error);

G_END_DECLS
