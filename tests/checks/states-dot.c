/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes the state table as data/doc/states.dot. What leads to a state from every
 * state, or from every state in which nothing is under way, is one edge.
 */
#include "enroll/scep-state.h"

#include <stdio.h>

#define BIT(state) (1u << (state))
#define EVERY (BIT (SCEP_N_STATES) - 1)

static const guint resting = BIT (SCEP_STATE_DISABLED) | BIT (SCEP_STATE_INCOMPLETE) |
                             BIT (SCEP_STATE_AWAITING_TRUST) | BIT (SCEP_STATE_ENROLLED) |
                             BIT (SCEP_STATE_WAITING) | BIT (SCEP_STATE_REJECTED);

/* The states from which an event leads to another. */
static guint
find_sources (ScepEvent event, ScepState to)
{
  guint from = 0;

  for (ScepState state = 0; state < SCEP_N_STATES; state++) {
    ScepState next;

    if (scep_state_next (state, event, &next) && next == to)
      from |= BIT (state);
  }
  return from;
}

static void
append_word (GString *words, const char *word)
{
  g_string_append_printf (words, "%s%s", words->len > 0 ? "\\n" : "", word);
}

static void
write_edge (const char *from, ScepState to, const GString *events)
{
  if (events->len > 0)
    printf ("  \"%s\" -> \"%s\" [label=\"%s\"];\n", from, scep_state_get_name (to), events->str);
}

/* What leads to a state from each state of a set, and is not drawn for a larger one. */
static GString *
find_events (ScepState to, guint set, guint larger)
{
  GString *events = g_string_new (NULL);

  for (ScepEvent event = 0; event < SCEP_N_EVENTS; event++) {
    guint from = find_sources (event, to);
    gboolean drawn = larger != 0 && (from & larger) == larger;

    if ((from & set) == set && !drawn)
      append_word (events, scep_event_get_name (event));
  }
  return events;
}

static void
write_edges_to (ScepState to)
{
  g_autoptr (GString) from_every = NULL;
  g_autoptr (GString) from_resting = NULL;

  from_every = find_events (to, EVERY, 0);
  write_edge ("any state", to, from_every);
  from_resting = find_events (to, resting, EVERY);
  write_edge ("any resting state", to, from_resting);

  for (ScepState state = 0; state < SCEP_N_STATES; state++) {
    gboolean rests = (resting & BIT (state)) != 0;
    g_autoptr (GString) events = g_string_new (NULL);

    for (ScepEvent event = 0; event < SCEP_N_EVENTS; event++) {
      guint from = find_sources (event, to);
      gboolean drawn = from == EVERY || (rests && (from & resting) == resting);

      if ((from & BIT (state)) != 0 && !drawn)
        append_word (events, scep_event_get_name (event));
    }
    write_edge (scep_state_get_name (state), to, events);
  }
}

int
main (void)
{
  printf ("// Made from src/enroll/scep-state.c by \"./dev pictures\".\n"
          "digraph states {\n"
          "  rankdir=TB; nodesep=0.5; ranksep=0.6; bgcolor=white;\n"
          "  node [shape=box, style=rounded, fontname=\"sans-serif\", fontsize=12];\n"
          "  edge [fontname=\"sans-serif\", fontsize=9, color=\"#555555\"];\n"
          "  \"any state\" [shape=plaintext];\n"
          "  \"any resting state\" [shape=plaintext];\n");
  for (ScepState state = 0; state < SCEP_N_STATES; state++)
    printf ("  \"%s\" [style=\"rounded,filled\", fillcolor=\"%s\"];\n", scep_state_get_name (state),
            (resting & BIT (state)) != 0 ? "#e8eef7" : "#fdf3d8");
  for (ScepState state = 0; state < SCEP_N_STATES; state++)
    write_edges_to (state);
  printf ("}\n");
  return 0;
}
