/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/scep-guard.h"

#include "service/scep-bus-error.h"
#include "service/scep-quota.h"

#include <glib/gi18n-lib.h>

/* Seconds that polkit has to answer, and a person who is asked. */
#define CHECK_TIMEOUT 20
#define PERSON_TIMEOUT 300
/* What is known of a call that was let in. */
#define USER "scep-user"

/* So many answers the bus lets a connection wait for, and others ask it and polkit too. */
G_STATIC_ASSERT (SCEP_GUARD_MAX_TOTAL + SCEP_GUARD_MAX_PERSONS < 120);

struct _ScepGuard {
  GObject parent_instance;

  GDBusConnection *connection; /* (owned) */
  ScepAuthority *authority;    /* (owned) */
  ScepGuardAllowed allowed;
  GHashTable *callers;  /* (owned) (element-type utf8 Caller): connections whose calls wait */
  ScepQuota *checks;    /* (owned): by user, questions that polkit can answer itself */
  ScepQuota *persons;   /* (owned): the same that wait for a person */
  gsize stranger_bytes; /* of calls whose caller is not known yet */
};

/* A connection with calls that wait; it is there as long as they are. */
typedef struct {
  ScepGuard *guard; /* (owned) */
  char *name;       /* (owned) */
  gboolean known;
  guint32 user;         /* if @known; not root */
  GQueue strangers;     /* (element-type Call): until @known */
  gsize stranger_bytes; /* of @strangers */
} Caller;

/* A call that waits for authorisation. When it is answered before the question about it, it is
 * there until that is answered too, and keeps its place. */
typedef struct {
  Caller *caller;                    /* (owned) */
  ScepExport *export;                /* (owned) */
  GDBusMethodInvocation *invocation; /* (owned) (nullable): until it is answered */
  ScepActions actions;               /* those not yet allowed, the one that is asked for first */
  ScepQuotaPlaces *place;            /* (owned) (nullable): from when others are asked */
  GCancellable *cancellable;         /* (owned) (nullable): while a person is asked */
  guint watch_id;
  guint timeout_id;
} Call;

G_DEFINE_FINAL_TYPE (ScepGuard, scep_guard, G_TYPE_OBJECT)

static void ask_next (Call *taken, gboolean needs_place);
static void ask_person (Call *taken);

static void
caller_clear (gpointer data)
{
  Caller *caller = data;

  g_hash_table_remove (caller->guard->callers, caller->name);
  g_object_unref (caller->guard);
  g_free (caller->name);
}

static void
caller_unref (Caller *caller)
{
  g_rc_box_release_full (caller, caller_clear);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Caller, caller_unref)

/* Returns: (transfer full) */
static Caller *
caller_find (ScepGuard *self, const char *name)
{
  Caller *caller = g_hash_table_lookup (self->callers, name);

  if (caller != NULL)
    return g_rc_box_acquire (caller);
  caller = g_rc_box_new0 (Caller);
  caller->guard = g_object_ref (self);
  caller->name = g_strdup (name);
  g_queue_init (&caller->strangers);
  g_hash_table_insert (self->callers, caller->name, caller);
  return caller;
}

static void
end_question (Call *call)
{
  g_clear_handle_id (&call->watch_id, g_bus_unwatch_name);
  g_clear_handle_id (&call->timeout_id, g_source_remove);
  g_clear_object (&call->cancellable);
}

static void
call_free (Call *call)
{
  end_question (call);
  g_clear_pointer (&call->place, scep_quota_give_back);
  g_clear_object (&call->invocation);
  scep_export_unref (call->export);
  caller_unref (call->caller);
  g_free (call);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Call, call_free)

/* Takes @invocation. */
static void
refuse_more (GDBusMethodInvocation *invocation)
{
  g_dbus_method_invocation_return_dbus_error (
      invocation, SCEP_BUS_ERROR_LIMITS_EXCEEDED,
      _ ("Too many calls wait for authorisation; try again when they are answered."));
}

/* Takes @invocation. */
static void
refuse_undecided (GDBusMethodInvocation *invocation)
{
  g_dbus_method_invocation_return_dbus_error (
      invocation, SCEP_BUS_ERROR_LIMITS_EXCEEDED,
      _ ("polkit could not be asked whether you are allowed to do this, or does not answer; try "
         "again later."));
}

/**
 * scep_guard_refuse:
 * @invocation: (transfer full): of a caller who may not do it
 */
void
scep_guard_refuse (GDBusMethodInvocation *invocation)
{
  g_debug ("%s was refused", g_dbus_method_invocation_get_method_name (invocation));
  g_dbus_method_invocation_return_dbus_error (
      invocation, SCEP_BUS_ERROR_ACCESS_DENIED,
      _ ("You are not allowed to do this; an administrator is."));
}

static gsize
size_of (GDBusMethodInvocation *invocation)
{
  return g_variant_get_size (g_dbus_method_invocation_get_parameters (invocation));
}

static gboolean
is_interactive (GDBusMethodInvocation *invocation)
{
  GDBusMessage *message = g_dbus_method_invocation_get_message (invocation);

  return (g_dbus_message_get_flags (message) &
          G_DBUS_MESSAGE_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION) != 0;
}

/*
 * Takes @invocation. polkit asks a person where the caller lets it, and the answer is then
 * yes or no; that there is still a challenge means that it found nobody to ask.
 */
static void
refuse_unauthenticated (GDBusMethodInvocation *invocation)
{
  g_dbus_method_invocation_return_dbus_error (
      invocation, SCEP_BUS_ERROR_INTERACTIVE,
      is_interactive (invocation)
          ? _ ("polkit wants an administrator to authenticate, but this session has no "
               "authentication agent that could ask for the password. Run it as root, start an "
               "agent such as pkttyagent, or allow it by a polkit rule.")
          : _ ("An administrator has to authenticate; call again and allow interaction."));
}

/* Takes @call. */
static void
allow (Call *taken)
{
  g_autoptr (Call) call = taken;

  g_object_set_data (G_OBJECT (call->invocation), USER, GUINT_TO_POINTER (call->caller->user));
  call->caller->guard->allowed (call->export, g_object_ref (call->invocation));
}

/**
 * scep_guard_get_user:
 * @invocation: a call that was let in
 *
 * Returns: whose call it is
 */
guint32
scep_guard_get_user (GDBusMethodInvocation *invocation)
{
  return GPOINTER_TO_UINT (g_object_get_data (G_OBJECT (invocation), USER));
}

static void
on_verdict (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Call) call = user_data;
  ScepAuthorization verdict = scep_authority_check_finish (SCEP_AUTHORITY (source), result);
  gboolean asked_person = call->cancellable != NULL;

  end_question (call);
  if (call->invocation == NULL)
    return;
  if (verdict == SCEP_AUTHORIZATION_ALLOWED) {
    call->actions &= call->actions - 1;
    ask_next (g_steal_pointer (&call), asked_person);
  } else if (verdict == SCEP_AUTHORIZATION_CHALLENGE && !asked_person &&
             is_interactive (call->invocation)) {
    ask_person (g_steal_pointer (&call));
  } else if (verdict == SCEP_AUTHORIZATION_CHALLENGE) {
    refuse_unauthenticated (g_steal_pointer (&call->invocation));
  } else if (verdict == SCEP_AUTHORIZATION_UNASKED) {
    refuse_undecided (g_steal_pointer (&call->invocation));
  } else {
    scep_guard_refuse (g_steal_pointer (&call->invocation));
  }
}

/* Returns: %FALSE where there is none, and the call has its answer */
static gboolean
take_place (Call *call, ScepQuota *quota)
{
  g_autofree char *user = g_strdup_printf ("%" G_GUINT32_FORMAT, call->caller->user);

  g_clear_pointer (&call->place, scep_quota_give_back);
  call->place = scep_quota_take (quota, user, 1);
  if (call->place == NULL)
    refuse_more (g_steal_pointer (&call->invocation));
  return call->place != NULL;
}

/* The call has its answer and the person is asked no longer. The question is open until polkit
 * answers it, and counts. */
static void
give_up (Call *call, void (*refuse) (GDBusMethodInvocation *))
{
  g_clear_handle_id (&call->watch_id, g_bus_unwatch_name);
  g_clear_handle_id (&call->timeout_id, g_source_remove);
  refuse (g_steal_pointer (&call->invocation));
  if (call->cancellable != NULL)
    g_cancellable_cancel (call->cancellable);
}

static void
on_caller_vanished (GDBusConnection *connection, const char *name, gpointer user_data)
{
  give_up (user_data, scep_guard_refuse);
}

static gboolean
on_timeout (gpointer user_data)
{
  Call *call = user_data;

  call->timeout_id = 0;
  give_up (call, call->cancellable == NULL ? refuse_undecided : scep_guard_refuse);
  return G_SOURCE_REMOVE;
}

/* Takes @call. */
static void
ask (Call *call)
{
  guint index = (guint) g_bit_nth_lsf (call->actions, -1);
  gboolean person = call->cancellable != NULL;

  call->watch_id = g_bus_watch_name_on_connection (
      call->caller->guard->connection, call->caller->name, G_BUS_NAME_WATCHER_FLAGS_NONE, NULL,
      on_caller_vanished, call, NULL);
  call->timeout_id =
      g_timeout_add_seconds (person ? PERSON_TIMEOUT : CHECK_TIMEOUT, on_timeout, call);
  scep_authority_check_async (call->caller->guard->authority, call->caller->name,
                              scep_action_get_id (index), person, call->cancellable, on_verdict,
                              call);
}

/* Takes @taken. @needs_place: whether it has none among those that polkit answers itself */
static void
ask_next (Call *taken, gboolean needs_place)
{
  g_autoptr (Call) call = taken;

  if (call->actions == SCEP_ACTION_NONE) {
    allow (g_steal_pointer (&call));
    return;
  }
  if (needs_place && !take_place (call, call->caller->guard->checks))
    return;
  ask (g_steal_pointer (&call));
}

/*
 * Takes @taken. Only those whom polkit does not allow without a person get here: who never
 * authenticates holds up nobody but others who would have to.
 */
static void
ask_person (Call *taken)
{
  g_autoptr (Call) call = taken;
  ScepGuard *self = call->caller->guard;

  if (!take_place (call, self->persons))
    return;
  call->cancellable = g_cancellable_new ();
  ask (g_steal_pointer (&call));
}

static void
let_in (Caller *caller, Call *taken)
{
  g_autoptr (Call) call = taken;

  if (!caller->known)
    scep_guard_refuse (g_object_ref (call->invocation));
  else if (caller->user == 0)
    allow (g_steal_pointer (&call));
  else
    ask_next (g_steal_pointer (&call), TRUE);
}

/* Whom the bus does not know has gone already. Root asks nobody, however much it wants. */
static void
on_identified (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Caller) caller = user_data;
  GQueue calls = caller->strangers;
  Call *call;

  caller->known = scep_authority_identify_finish (SCEP_AUTHORITY (source), result, &caller->user);
  caller->guard->stranger_bytes -= caller->stranger_bytes;
  caller->stranger_bytes = 0;
  g_queue_init (&caller->strangers);
  while ((call = g_queue_pop_head (&calls)) != NULL)
    let_in (caller, call);
}

static gboolean
may_wait_as_stranger (Caller *caller, gsize size)
{
  if (g_queue_is_empty (&caller->strangers) && size <= SCEP_GUARD_SMALL)
    return TRUE;
  return caller->strangers.length < SCEP_GUARD_MAX_STRANGER_CALLS &&
         caller->stranger_bytes + size <= SCEP_GUARD_MAX_STRANGER_BYTES &&
         caller->guard->stranger_bytes + size <= SCEP_GUARD_MAX_ALL_STRANGERS_BYTES;
}

/* Takes @call. One question for all that a connection wants until it is answered. */
static void
wait_as_stranger (Call *call)
{
  Caller *caller = call->caller;
  gboolean first = g_queue_is_empty (&caller->strangers);
  gsize size = size_of (call->invocation);

  caller->stranger_bytes += size;
  caller->guard->stranger_bytes += size;
  g_queue_push_tail (&caller->strangers, call);
  if (first)
    scep_authority_identify_async (caller->guard->authority, caller->name, NULL, on_identified,
                                   g_rc_box_acquire (caller));
}

/**
 * scep_guard_admit:
 * @export: what is called
 * @actions: what the caller must be allowed, at least one
 * @invocation: (transfer full): the call
 *
 * Lets a call in when its caller is known and allowed, or answers it with the
 * refusal.
 */
void
scep_guard_admit (ScepGuard *self, ScepExport *export, ScepActions actions,
                  GDBusMethodInvocation *invocation)
{
  g_autoptr (Caller) caller = caller_find (self, g_dbus_method_invocation_get_sender (invocation));
  Call *call;

  if (!caller->known && !may_wait_as_stranger (caller, size_of (invocation))) {
    refuse_more (invocation);
    return;
  }
  call = g_new0 (Call, 1);
  call->caller = g_rc_box_acquire (caller);
  call->export = scep_export_ref (export);
  call->invocation = invocation;
  call->actions = actions;
  if (caller->known)
    let_in (caller, call);
  else
    wait_as_stranger (call);
}

static void
scep_guard_finalize (GObject *object)
{
  ScepGuard *self = SCEP_GUARD (object);

  g_hash_table_unref (self->callers);
  scep_quota_unref (self->checks);
  scep_quota_unref (self->persons);
  g_object_unref (self->authority);
  g_object_unref (self->connection);
  G_OBJECT_CLASS (scep_guard_parent_class)->finalize (object);
}

static void
scep_guard_class_init (ScepGuardClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = scep_guard_finalize;
}

static void
scep_guard_init (ScepGuard *self)
{
  self->callers = g_hash_table_new (g_str_hash, g_str_equal);
  self->checks = scep_quota_new (SCEP_GUARD_MAX_PER_USER, SCEP_GUARD_MAX_TOTAL);
  self->persons = scep_quota_new (SCEP_GUARD_MAX_PERSONS_PER_USER, SCEP_GUARD_MAX_PERSONS);
}

/**
 * scep_guard_new:
 * @connection: the bus on which the callers are
 * @authority: who decides
 * @allowed: what is done with a call that is let in
 *
 * Returns: (transfer full): a guard with nobody before it
 */
ScepGuard *
scep_guard_new (GDBusConnection *connection, ScepAuthority *authority, ScepGuardAllowed allowed)
{
  ScepGuard *self = g_object_new (SCEP_TYPE_GUARD, NULL);

  self->connection = g_object_ref (connection);
  self->authority = g_object_ref (authority);
  self->allowed = allowed;
  return self;
}
