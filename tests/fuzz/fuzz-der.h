/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

/**
 * FuzzDer:
 * @tag: the tag octet
 * @children: (nullable): what it consists of, also where it is a string with DER in it
 * @content: (nullable): its octets, where there are no @children
 *
 * DER as a tree that can be changed: lengths are written anew. What is not DER
 * inside of it is kept as octets.
 */
typedef struct {
  guint8 tag;
  GPtrArray *children;
  GBytes *content;
} FuzzDer;

FuzzDer *fuzz_der_parse (GBytes *der);
FuzzDer *fuzz_der_copy (const FuzzDer *self);
void fuzz_der_free (FuzzDer *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (FuzzDer, fuzz_der_free)

GBytes *fuzz_der_encode (const FuzzDer *self);
GBytes *fuzz_der_encode_content (const FuzzDer *self);
void fuzz_der_set_content (FuzzDer *self, GBytes *content);

FuzzDer *fuzz_der_child (const FuzzDer *self, guint number);
FuzzDer *fuzz_der_last (const FuzzDer *self);
FuzzDer *fuzz_der_find (const FuzzDer *self, guint8 tag);
char *fuzz_der_dup_oid (const FuzzDer *self);
