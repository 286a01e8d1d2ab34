/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "codec/scep-algorithm.h"
#include "codec/scep-capabilities.h"
#include "codec/scep-pki-message.h"

/**
 * ScepAlgorithmChoice:
 * @cipher: of what is sent
 * @digest: of its signature
 * @post: whether messages are posted
 * @renewal_type: the message type of a renewal
 *
 * How to talk to one server.
 */
typedef struct {
  ScepCipher cipher;
  ScepDigest digest;
  gboolean post;
  ScepMessageType renewal_type;
} ScepAlgorithmChoice;

ScepAlgorithmChoice scep_algorithm_choose (ScepCapabilities capabilities, ScepPolicy policy);
