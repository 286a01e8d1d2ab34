/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/**
 * ScepRepetition:
 *
 * What was said lately, so that nobody reads the same a thousand times.
 */
typedef struct _ScepRepetition ScepRepetition;

ScepRepetition *scep_repetition_new (gint64 period);
void scep_repetition_free (ScepRepetition *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ScepRepetition, scep_repetition_free)

gboolean scep_repetition_is_news (ScepRepetition *self, const char *text, gint64 now);
