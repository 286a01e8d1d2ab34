/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-state.h"

static const char *const state_names[] = {
  [SCEP_STATE_DISABLED] = "disabled",
  [SCEP_STATE_INCOMPLETE] = "incomplete",
  [SCEP_STATE_BOOTSTRAPPING] = "bootstrapping",
  [SCEP_STATE_AWAITING_TRUST] = "awaiting-trust",
  [SCEP_STATE_GENERATING_KEY] = "generating-key",
  [SCEP_STATE_REQUESTING] = "requesting",
  [SCEP_STATE_PENDING] = "pending",
  [SCEP_STATE_ENROLLED] = "enrolled",
  [SCEP_STATE_RENEWING] = "renewing",
  [SCEP_STATE_WAITING] = "waiting",
  [SCEP_STATE_REJECTED] = "rejected",
};
G_STATIC_ASSERT (G_N_ELEMENTS (state_names) == SCEP_N_STATES);

static const char *const event_names[] = {
  [SCEP_EVENT_DISABLED] = "disabled",     [SCEP_EVENT_SETTINGS_MISSING] = "settings-missing",
  [SCEP_EVENT_BROKEN] = "broken",         [SCEP_EVENT_BOOTSTRAP] = "bootstrap",
  [SCEP_EVENT_CA_OFFERED] = "ca-offered", [SCEP_EVENT_GENERATE_KEY] = "generate-key",
  [SCEP_EVENT_REQUEST] = "request",       [SCEP_EVENT_PENDING] = "pending",
  [SCEP_EVENT_RENEW] = "renew",           [SCEP_EVENT_ENROLLED] = "enrolled",
  [SCEP_EVENT_FAILED] = "failed",         [SCEP_EVENT_REFUSED] = "refused",
  [SCEP_EVENT_ABANDONED] = "abandoned",
};
G_STATIC_ASSERT (G_N_ELEMENTS (event_names) == SCEP_N_EVENTS);

/* A set of states, as a bit for each. */
#define IN(state) (1u << SCEP_STATE_##state)
#define ANY ((1u << SCEP_N_STATES) - 1)
#define RESTING                                                                                    \
  (IN (DISABLED) | IN (INCOMPLETE) | IN (AWAITING_TRUST) | IN (ENROLLED) | IN (WAITING) |          \
   IN (REJECTED))
#define ATTEMPTING (IN (BOOTSTRAPPING) | IN (GENERATING_KEY) | IN (REQUESTING) | IN (RENEWING))
#define ASKING (IN (REQUESTING) | IN (PENDING) | IN (RENEWING))

/* The first row whose event and state fit says where to go. */
static const struct {
  ScepEvent event;
  guint from;
  ScepState to;
} transitions[] = {
  { SCEP_EVENT_DISABLED, ANY, SCEP_STATE_DISABLED },
  { SCEP_EVENT_SETTINGS_MISSING, ANY, SCEP_STATE_INCOMPLETE },
  { SCEP_EVENT_BROKEN, ANY, SCEP_STATE_WAITING },
  { SCEP_EVENT_BOOTSTRAP, ANY, SCEP_STATE_BOOTSTRAPPING },
  { SCEP_EVENT_CA_OFFERED, IN (BOOTSTRAPPING), SCEP_STATE_AWAITING_TRUST },
  { SCEP_EVENT_GENERATE_KEY, RESTING | IN (BOOTSTRAPPING), SCEP_STATE_GENERATING_KEY },
  { SCEP_EVENT_REQUEST, RESTING | IN (BOOTSTRAPPING) | IN (GENERATING_KEY), SCEP_STATE_REQUESTING },
  { SCEP_EVENT_PENDING, RESTING | ASKING | IN (BOOTSTRAPPING), SCEP_STATE_PENDING },
  { SCEP_EVENT_RENEW, RESTING | IN (BOOTSTRAPPING), SCEP_STATE_RENEWING },
  { SCEP_EVENT_ENROLLED, RESTING | ASKING | IN (BOOTSTRAPPING), SCEP_STATE_ENROLLED },
  { SCEP_EVENT_FAILED, IN (PENDING), SCEP_STATE_PENDING },
  { SCEP_EVENT_FAILED, ATTEMPTING | RESTING, SCEP_STATE_WAITING },
  { SCEP_EVENT_REFUSED, ASKING, SCEP_STATE_REJECTED },
  { SCEP_EVENT_ABANDONED, ATTEMPTING | RESTING | IN (PENDING), SCEP_STATE_WAITING },
};

/**
 * scep_state_get_name:
 *
 * Returns: (transfer none): the word of the State property
 */
const char *
scep_state_get_name (ScepState state)
{
  g_assert ((guint) state < SCEP_N_STATES);
  return state_names[state];
}

/**
 * scep_event_get_name:
 *
 * Returns: (transfer none): a word for logs
 */
const char *
scep_event_get_name (ScepEvent event)
{
  g_assert ((guint) event < SCEP_N_EVENTS);
  return event_names[event];
}

/**
 * scep_state_next:
 * @state: where a profile is
 * @event: what happened to it
 * @next: (out): where it is then; @state itself where the event means nothing
 *
 * Returns: whether the event means something in this state
 */
gboolean
scep_state_next (ScepState state, ScepEvent event, ScepState *next)
{
  *next = state;
  if ((guint) state >= SCEP_N_STATES)
    return FALSE;

  for (guint i = 0; i < G_N_ELEMENTS (transitions); i++) {
    if (transitions[i].event == event && (transitions[i].from & (1u << state)) != 0) {
      *next = transitions[i].to;
      return TRUE;
    }
  }
  return FALSE;
}
