/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "enroll/scep-clock-system.h"

#include "enroll/scep-build-time.h"
#include "enroll/scep-clock-judge.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <glib/gi18n-lib.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

/**
 * ScepClockSystem:
 *
 * The machine's wall clock. One timerfd, armed for the nearest deadline only:
 * it keeps time through suspend, and the kernel tells when the clock is set.
 * It is made at the start, when there are descriptors, and kept. With no deadline
 * it is not armed.
 */
struct _ScepClockSystem {
  GObject parent_instance;

  GPtrArray *deadlines; /* (owned) (element-type Deadline) */
  guint last_id;
  int fd;
  guint source;
  ScepSynchronization synchronization;
  ScepClockAskFunc ask; /* (nullable) */
  gpointer ask_data;
};

typedef struct {
  guint id;
  gint64 time;
  ScepClockFunc func;
  gpointer user_data;
} Deadline;

static void scep_clock_system_iface_init (ScepClockInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (ScepClockSystem, scep_clock_system, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (SCEP_TYPE_CLOCK,
                                                      scep_clock_system_iface_init))

static gint64
system_now (ScepClock *clock)
{
  return g_get_real_time () / G_USEC_PER_SEC;
}

static Deadline *
find_nearest (ScepClockSystem *self)
{
  Deadline *nearest = NULL;

  for (guint i = 0; i < self->deadlines->len; i++) {
    Deadline *deadline = g_ptr_array_index (self->deadlines, i);

    if (nearest == NULL || deadline->time < nearest->time)
      nearest = deadline;
  }
  return nearest;
}

/* Zero disarms it, so the beginning of time is a second later. Nothing but a wrong argument can
 * make the kernel refuse: no descriptor and no memory is needed. */
static void
arm (ScepClockSystem *self)
{
  Deadline *nearest = find_nearest (self);
  struct itimerspec when = { 0 };
  int flags = 0;

  if (nearest != NULL) {
    when.it_value.tv_sec = (time_t) MAX (nearest->time, 1);
    flags = TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET;
  }
  if (timerfd_settime (self->fd, flags, &when, NULL) < 0 && errno != ECANCELED)
    g_error ("The timer cannot be set: %s", g_strerror (errno));
}

static gboolean
run_due (ScepClockSystem *self, guint newest, gboolean all)
{
  gint64 now = system_now (SCEP_CLOCK (self));

  for (guint i = 0; i < self->deadlines->len; i++) {
    Deadline *deadline = g_ptr_array_index (self->deadlines, i);

    if ((all || deadline->time <= now) && deadline->id <= newest) {
      g_autofree Deadline *due = g_ptr_array_steal_index (self->deadlines, i);

      due->func (due->user_data);
      return TRUE;
    }
  }
  return FALSE;
}

/* What the callbacks add has its turn in the next round. */
static void
run_all_due (ScepClockSystem *self, gboolean all)
{
  guint newest = self->last_id;

  while (run_due (self, newest, all))
    ;
  arm (self);
}

static gboolean
on_timer (gint fd, GIOCondition condition, gpointer user_data)
{
  g_autoptr (ScepClockSystem) self = g_object_ref (SCEP_CLOCK_SYSTEM (user_data));
  gboolean was_set = FALSE;
  guint64 expirations;

  while (read (fd, &expirations, sizeof expirations) < 0 && !was_set) {
    if (errno != EINTR && errno != ECANCELED)
      break;
    was_set = errno == ECANCELED;
  }
  run_all_due (self, was_set);
  return G_SOURCE_CONTINUE;
}

static guint
system_call_at (ScepClock *clock, gint64 time, ScepClockFunc func, gpointer user_data)
{
  ScepClockSystem *self = SCEP_CLOCK_SYSTEM (clock);
  Deadline *deadline = g_new (Deadline, 1);

  deadline->id = ++self->last_id;
  deadline->time = time;
  deadline->func = func;
  deadline->user_data = user_data;
  g_ptr_array_add (self->deadlines, deadline);
  arm (self);
  return deadline->id;
}

static void
system_cancel (ScepClock *clock, guint id)
{
  ScepClockSystem *self = SCEP_CLOCK_SYSTEM (clock);

  for (guint i = 0; i < self->deadlines->len; i++) {
    Deadline *deadline = g_ptr_array_index (self->deadlines, i);

    if (deadline->id == id) {
      g_ptr_array_remove_index (self->deadlines, i);
      arm (self);
      return;
    }
  }
}

static gint64
get_uptime (void)
{
  struct timespec uptime = { 0 };

  /* Suspended or not: the service that is waited for had as long. */
  clock_gettime (CLOCK_BOOTTIME, &uptime);
  return uptime.tv_sec;
}

static gboolean
system_check (ScepClock *clock, GError **error)
{
  ScepClockSystem *self = SCEP_CLOCK_SYSTEM (clock);
  ScepClockFacts facts = {
    .now = system_now (clock),
    .earliest = SCEP_BUILD_TIME,
    .uptime = get_uptime (),
    .synchronization = self->synchronization,
    .run_directory = "/run",
  };

  if (scep_clock_judge (&facts, error))
    return TRUE;
  if (self->synchronization == SCEP_SYNCHRONIZATION_NO)
    self->ask (self->ask_data);
  return FALSE;
}

static void
scep_clock_system_iface_init (ScepClockInterface *iface)
{
  iface->now = system_now;
  iface->call_at = system_call_at;
  iface->cancel = system_cancel;
  iface->check = system_check;
}

static void
scep_clock_system_finalize (GObject *object)
{
  ScepClockSystem *self = SCEP_CLOCK_SYSTEM (object);

  g_clear_handle_id (&self->source, g_source_remove);
  if (self->fd >= 0)
    close (self->fd);
  g_ptr_array_unref (self->deadlines);
  G_OBJECT_CLASS (scep_clock_system_parent_class)->finalize (object);
}

static void
scep_clock_system_class_init (ScepClockSystemClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = scep_clock_system_finalize;
}

static void
scep_clock_system_init (ScepClockSystem *self)
{
  self->deadlines = g_ptr_array_new_with_free_func (g_free);
  self->fd = -1;
}

/**
 * scep_clock_system_new:
 *
 * Returns: (transfer full) (nullable): the machine's clock, on the default main context, or
 *   %NULL with a GIO error where the process has no descriptor left for it
 */
ScepClock *
scep_clock_system_new (GError **error)
{
  g_autoptr (ScepClockSystem) self = g_object_new (SCEP_TYPE_CLOCK_SYSTEM, NULL);

  self->fd = timerfd_create (CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
  if (self->fd < 0) {
    g_set_error (error, G_IO_ERROR, (gint) g_io_error_from_errno (errno),
                 _ ("The service cannot make a timer: %s"), g_strerror (errno));
    return NULL;
  }
  self->source = g_unix_fd_add (self->fd, G_IO_IN, on_timer, self);
  return SCEP_CLOCK (g_steal_pointer (&self));
}

/**
 * scep_clock_system_set_asker:
 * @ask: (scope forever) (nullable): called by scep_clock_check() where it matters whether the clock is
 *   synchronized, and nobody has said yet that it is
 *
 * From now on somebody can say it: until then it is taken not to be. With %NULL nobody can.
 */
void
scep_clock_system_set_asker (ScepClockSystem *self, ScepClockAskFunc ask, gpointer user_data)
{
  self->ask = ask;
  self->ask_data = user_data;
  self->synchronization = ask != NULL ? SCEP_SYNCHRONIZATION_NO : SCEP_SYNCHRONIZATION_UNKNOWN;
}

/**
 * scep_clock_system_set_synchronization:
 * @synchronization: the answer to what was asked
 *
 * What waits for a clock that can be believed looks again at once.
 */
void
scep_clock_system_set_synchronization (ScepClockSystem *self, ScepSynchronization synchronization)
{
  g_autoptr (ScepClockSystem) held G_GNUC_UNUSED = g_object_ref (self);
  gboolean better = self->synchronization == SCEP_SYNCHRONIZATION_NO &&
                    synchronization != SCEP_SYNCHRONIZATION_NO;

  self->synchronization = synchronization;
  if (better)
    run_all_due (self, TRUE);
}
