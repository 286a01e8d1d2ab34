/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-enrollment-private.h"

#include "base/scep-names.h"

/*
 * The key of a request takes longer than all the rest, so it may be begun before there is a
 * request. It belongs to no attempt: whoever needs it waits for it. What is made with it is signed
 * while it is written, and goes on when it is on disk.
 */

typedef struct {
  ScepEnrollment *self;   /* (owned) */
  GCancellable *making;   /* (owned) */
  ScepKeystore *keystore; /* (owned) */
  gulong made_handler;
} Making;

static void
making_free (Making *making)
{
  g_signal_handler_disconnect (making->keystore, making->made_handler);
  g_object_unref (making->keystore);
  g_object_unref (making->self);
  g_object_unref (making->making);
  g_free (making);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Making, making_free)

static gboolean
is_awaited (ScepEnrollment *self)
{
  return self->key_step != NULL && scep_step_is_current (self->key_step);
}

static void
on_key_made (ScepKeystore *keystore, const char *alias, ScepKey *key, Making *making)
{
  ScepEnrollment *self = making->self;
  g_autofree char *own = scep_enrollment_alias (self, SCEP_ALIAS_REQUEST);

  if (self->making != making->making || !g_str_equal (alias, own))
    return;
  g_set_object (&self->made, key);
  if (is_awaited (self))
    scep_enrollment_draft (self, key);
}

static void
on_key_created (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Making) making = user_data;
  ScepEnrollment *self = making->self;
  g_autoptr (ScepStep) step = NULL;
  g_autoptr (ScepKey) made = NULL;
  g_autoptr (GError) error = NULL;
  gboolean created = scep_keystore_write_finish (SCEP_KEYSTORE (source), result, &error);

  if (self->making != making->making)
    return;
  g_clear_object (&self->making);
  made = g_steal_pointer (&self->made);
  step = g_steal_pointer (&self->key_step);
  if (created)
    self->key_doomed = FALSE;
  /* Where nobody waits for it yet, whoever does later tries again. */
  if (step == NULL || !scep_step_is_current (step))
    return;
  if (!created)
    scep_enrollment_fail (self, SCEP_EVENT_BROKEN, g_steal_pointer (&error));
  else if (made == NULL)
    scep_enrollment_use_key (self);
  else if (step->data != NULL)
    scep_enrollment_take_draft (self, step->data);
}

/* A certificate may be waiting for its day in there. */
static gboolean
is_usable (ScepEnrollment *self, guint bits)
{
  g_autoptr (ScepKeystoreEntry) entry = scep_enrollment_lookup (self, SCEP_ALIAS_REQUEST);

  return entry != NULL && !self->key_doomed &&
         scep_keystore_entry_get_kind (entry) == SCEP_ENTRY_KEY_PAIR &&
         scep_keystore_entry_get_key_bits (entry) == bits;
}

/**
 * scep_enrollment_prepare_key:
 *
 * Begins to make the key of the next request, unless there is one that no CA
 * has answered to yet.
 */
void
scep_enrollment_prepare_key (ScepEnrollment *self)
{
  g_autofree char *alias = scep_enrollment_alias (self, SCEP_ALIAS_REQUEST);
  guint bits = scep_settings_get_uint (self->settings, SCEP_SETTING_RSA_KEY_LENGTH);
  Making *making;

  if (self->making != NULL && self->making_bits == bits)
    return;
  scep_enrollment_give_up_key (self);
  if (is_usable (self, bits))
    return;
  self->making = g_cancellable_new ();
  self->making_bits = bits;
  making = g_new (Making, 1);
  making->self = g_object_ref (self);
  making->making = g_object_ref (self->making);
  making->keystore = g_object_ref (self->keystore);
  making->made_handler =
      g_signal_connect (self->keystore, "key-made", G_CALLBACK (on_key_made), making);
  scep_keystore_create_key_pair_async (self->keystore, alias, bits, TRUE, self->making,
                                       on_key_created, making);
}

/**
 * scep_enrollment_await_key:
 *
 * Goes on with scep_enrollment_draft() when there is a key, and with what that made when the key
 * is on disk.
 */
void
scep_enrollment_await_key (ScepEnrollment *self)
{
  scep_enrollment_prepare_key (self);
  if (self->making == NULL) {
    scep_enrollment_use_key (self);
    return;
  }
  g_clear_pointer (&self->key_step, scep_step_free);
  self->key_step = scep_step_new (self);
  if (self->made != NULL)
    scep_enrollment_draft (self, self->made);
}

/**
 * scep_enrollment_give_up_key:
 *
 * What is being made is not wanted any more. It may be on its way to the disk
 * all the same.
 */
void
scep_enrollment_give_up_key (ScepEnrollment *self)
{
  g_autoptr (GCancellable) making = g_steal_pointer (&self->making);

  g_clear_object (&self->made);
  g_clear_pointer (&self->key_step, scep_step_free);
  if (making != NULL)
    g_cancellable_cancel (making);
}
