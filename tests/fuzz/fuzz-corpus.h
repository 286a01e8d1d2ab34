/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "openssl-scep.h"

/* What the files that make up the program share. */

/* Short keys: a target that signs tries more inputs. */
#define KEY_BITS 1024

typedef struct {
  const char *directory;
  TestIdentity *ca;
  TestIdentity *ra;
  TestIdentity *device;
  GBytes *nonce;
} Corpus;

void corpus_save (Corpus *corpus, const char *folder, const char *name, GBytes *bytes);
TestIdentity *corpus_make_rich (Corpus *corpus, EVP_PKEY *key);
void corpus_write_replies (Corpus *corpus);
