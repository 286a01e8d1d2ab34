/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "enroll/scep-history.h"

/* What the files that make up ScepHistory share. */

struct _ScepHistory {
  gint64 last_check;
  guint refusals;
  gint64 next_attempt;
  char *error;         /* (owned): "" for none */
  char *error_message; /* (owned): "" for none */
  GHashTable *learned; /* (element-type utf8 GHashTable) (owned): by CA, then by key */
  GPtrArray *events;   /* (element-type ScepHistoryEvent) (owned): oldest first */
};

ScepHistoryEvent *scep_history_event_new (gint64 time, const char *kind);
void scep_history_push_event (ScepHistory *history, ScepHistoryEvent *event);
