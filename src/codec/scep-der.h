/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/**
 * ScepDerReader:
 * @source: (not owned): what is read
 *
 * Walks through DER (X.690) element by element, without memory of its own: for
 * what is too large to be made a tree of. For the codec only; all tags are of
 * one octet and all lengths definite.
 */
typedef struct {
  GBytes *source;
  gsize position;
  gsize end;
} ScepDerReader;

void scep_der_reader_init (ScepDerReader *reader, GBytes *source);
guint8 scep_der_reader_peek (const ScepDerReader *reader);
gboolean scep_der_reader_enter (ScepDerReader *reader, guint8 tag, ScepDerReader *inside);
gboolean scep_der_reader_skip (ScepDerReader *reader, guint8 tag);
GBytes *scep_der_reader_take (ScepDerReader *reader, guint8 tag);
GBytes *scep_der_reader_take_content (ScepDerReader *reader, guint8 tag);
gboolean scep_der_reader_is_at_end (const ScepDerReader *reader);
