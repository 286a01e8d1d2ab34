/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "scep-clock-fake.h"

#include "base/scep-error.h"

/* 2001: a program that was made long before any time that tests choose. */
#define EARLIEST G_GINT64_CONSTANT (1000000001)

struct _ScepClockFake {
  GObject parent_instance;

  gint64 now;
  gint64 earliest;
  char *doubt; /* (owned) (nullable) */
  guint last_id;
  GPtrArray *deadlines; /* (owned) (element-type Deadline) */
};

typedef struct {
  guint id;
  gint64 time;
  ScepClockFunc func;
  gpointer user_data;
} Deadline;

static void scep_clock_fake_iface_init (ScepClockInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (ScepClockFake, scep_clock_fake, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (SCEP_TYPE_CLOCK, scep_clock_fake_iface_init))

static gint64
fake_now (ScepClock *clock)
{
  return SCEP_CLOCK_FAKE (clock)->now;
}

static guint
fake_call_at (ScepClock *clock, gint64 time, ScepClockFunc func, gpointer user_data)
{
  ScepClockFake *self = SCEP_CLOCK_FAKE (clock);
  Deadline *deadline = g_new (Deadline, 1);

  deadline->id = ++self->last_id;
  deadline->time = time;
  deadline->func = func;
  deadline->user_data = user_data;
  g_ptr_array_add (self->deadlines, deadline);
  return deadline->id;
}

static void
fake_cancel (ScepClock *clock, guint id)
{
  ScepClockFake *self = SCEP_CLOCK_FAKE (clock);

  for (guint i = 0; i < self->deadlines->len; i++) {
    Deadline *deadline = g_ptr_array_index (self->deadlines, i);

    if (deadline->id == id) {
      g_ptr_array_remove_index (self->deadlines, i);
      return;
    }
  }
}

static gboolean
fake_check (ScepClock *clock, GError **error)
{
  ScepClockFake *self = SCEP_CLOCK_FAKE (clock);

  if (self->now >= self->earliest && self->doubt == NULL)
    return TRUE;
  scep_error_set (error, SCEP_ERROR_CLOCK_IMPLAUSIBLE, "%s",
                  self->doubt != NULL ? self->doubt : "That was before everything.");
  return FALSE;
}

static void
scep_clock_fake_iface_init (ScepClockInterface *iface)
{
  iface->now = fake_now;
  iface->call_at = fake_call_at;
  iface->cancel = fake_cancel;
  iface->check = fake_check;
}

static void
scep_clock_fake_finalize (GObject *object)
{
  g_ptr_array_unref (SCEP_CLOCK_FAKE (object)->deadlines);
  g_free (SCEP_CLOCK_FAKE (object)->doubt);
  G_OBJECT_CLASS (scep_clock_fake_parent_class)->finalize (object);
}

static void
scep_clock_fake_class_init (ScepClockFakeClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = scep_clock_fake_finalize;
}

static void
scep_clock_fake_init (ScepClockFake *self)
{
  self->deadlines = g_ptr_array_new_with_free_func (g_free);
}

/* Returns: (transfer full): a clock that stands at @now */
ScepClockFake *
scep_clock_fake_new (gint64 now)
{
  ScepClockFake *self = g_object_new (SCEP_TYPE_CLOCK_FAKE, NULL);

  self->now = now;
  self->earliest = EARLIEST;
  return self;
}

/* @doubt: (nullable): why the time cannot be believed; nobody is told of it */
void
scep_clock_fake_set_doubt (ScepClockFake *self, const char *doubt)
{
  g_free (self->doubt);
  self->doubt = g_strdup (doubt);
}

static gboolean
run_due (ScepClockFake *self, guint newest, gboolean all)
{
  for (guint i = 0; i < self->deadlines->len; i++) {
    Deadline *deadline = g_ptr_array_index (self->deadlines, i);

    if ((all || deadline->time <= self->now) && deadline->id <= newest) {
      g_autofree Deadline *due = g_ptr_array_steal_index (self->deadlines, i);

      due->func (due->user_data);
      return TRUE;
    }
  }
  return FALSE;
}

static void
turn (ScepClockFake *self, gint64 now, gboolean all)
{
  guint newest = self->last_id;

  self->now = now;
  while (run_due (self, newest, all))
    ;
}

/* Somebody sets the clock: every deadline is called, once, due or not. */
void
scep_clock_fake_set (ScepClockFake *self, gint64 now)
{
  turn (self, now, TRUE);
}

/* Time goes by: what is due then is called, each deadline once. */
void
scep_clock_fake_advance (ScepClockFake *self, gint64 seconds)
{
  turn (self, self->now + seconds, FALSE);
}

/* Returns: the nearest deadline, 0 for none */
gint64
scep_clock_fake_get_next (ScepClockFake *self)
{
  gint64 next = 0;

  for (guint i = 0; i < self->deadlines->len; i++) {
    Deadline *deadline = g_ptr_array_index (self->deadlines, i);

    if (next == 0 || deadline->time < next)
      next = deadline->time;
  }
  return next;
}
