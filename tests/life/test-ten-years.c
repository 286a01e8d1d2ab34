/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "life-server.h"
#include "openssl-scep.h"
#include "profile-fixture.h"
#include "storage/scep-storage.h"

#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

/*
 * Ten years of one machine: a certificate of thirty days, another CA every two years, a server
 * that is down a tenth of the time, 200 power cuts, the challenge good for the first certificate
 * only. Everything that is random comes from the seed: SCEP_TEST_SEED sets another one.
 */
#define DEFAULT_SEED 1
/* 2027-01-01 */
#define BEGIN G_GINT64_CONSTANT (1798761600)
#define YEAR (365 * LIFE_DAY)
#define HOUR G_GINT64_CONSTANT (3600)
#define MINUTE 60
#define CA_PERIOD (2 * YEAR)
#define REBOOTS_A_YEAR 20
#define RETRY "3600"
/* More than any attempt takes. */
#define MOST_TURNS 10
#define MOST_ROUNDS 1000

/* A life: so many years, and what is made of them. */
typedef struct {
  guint years;
  gboolean rolls;        /* the CA, every two years */
  const char *threshold; /* RenewalThreshold */
  gboolean is_safe;
} Plan;

/* When the power goes. The message kinds wait for one that comes. */
typedef enum {
  CUT_AT_REST,
  CUT_BEFORE_ANSWER, /* a request is lost */
  CUT_AFTER_ANSWER,  /* a reply is lost */
  CUT_AT_CHANGE,     /* between two steps of whatever is going on */
  N_CUTS
} Cut;

typedef struct {
  gint64 time;
  gint64 off; /* seconds without power */
  Cut cut;
  gboolean enrolling; /* only messages of an enrollment count */
  guint countdown;    /* which one */
} Reboot;

typedef struct {
  gint64 begin;
  gint64 end;
  LifeFault fault;
} Outage;

typedef struct {
  const Plan *plan;
  gint64 end;
  ProfileFixture fixture;
  LifeServer server;
  GMainContext *own_context; /* (owned): of what is waited for */
  GArray *outages;           /* (owned): of Outage, in order */
  guint outage;              /* the first that is not over */
  GArray *reboots;           /* (owned): of Reboot, in order */
  guint reboot;              /* the next one */
  const Reboot *armed;       /* (nullable) */
  guint countdown;
  gboolean cut;     /* the power is gone */
  char *left;       /* (owned) (nullable): what is on the disk then */
  char *seen;       /* (owned) (nullable): fingerprint of the certificate */
  const char *ca;   /* fingerprint of its issuer */
  gint64 good_from; /* it and its CA are valid */
  gint64 good_until;
  gint64 seconds_without;
  gint64 seconds_down;
  gint64 narrowest; /* seconds that were left when it was replaced */
  guint n_certificates;
  guint n_rollovers;
  guint n_cuts[N_CUTS];
} Life;

static gint64
get_now (Life *life)
{
  return scep_clock_now (SCEP_CLOCK (life->fixture.clock));
}

/* What is random */

static gint64
pick (GRand *random, gint64 from, gint64 to)
{
  return from + (gint64) (g_rand_double (random) * (double) (to - from));
}

/* Mostly hours, at times days: 13 hours in the mean. */
static gint64
pick_outage (GRand *random)
{
  gint32 dice = g_rand_int_range (random, 0, 100);

  if (dice < 70)
    return pick (random, 10 * MINUTE, 6 * HOUR);
  return dice < 95 ? pick (random, 6 * HOUR, 48 * HOUR) : pick (random, 48 * HOUR, 120 * HOUR);
}

static void
plan_outages (Life *life, GRand *random)
{
  gint64 time = get_now (life) + LIFE_DAY;

  for (guint i = 0; time < life->end; i++) {
    Outage outage = { time + pick (random, 0, 234 * HOUR), 0, 1 + i % (LIFE_N_FAULTS - 1) };

    outage.end = outage.begin + pick_outage (random);
    time = outage.end;
    life->seconds_down += outage.end - outage.begin;
    g_array_append_val (life->outages, outage);
  }
}

static gint
compare_reboots (gconstpointer a, gconstpointer b)
{
  const Reboot *first = a;
  const Reboot *second = b;

  return first->time < second->time ? -1 : first->time > second->time;
}

static void
plan_reboots (Life *life, GRand *random)
{
  for (guint i = 0; i < REBOOTS_A_YEAR * life->plan->years; i++) {
    Reboot reboot = {
      .time = pick (random, get_now (life) + LIFE_DAY, life->end),
      .off = g_rand_boolean (random) ? 0 : pick (random, MINUTE, 12 * HOUR),
      .cut = (Cut) g_rand_int_range (random, 0, N_CUTS),
      .enrolling = g_rand_boolean (random),
      .countdown = (guint) g_rand_int_range (random, 1, 4),
    };

    g_array_append_val (life->reboots, reboot);
  }
  g_array_sort (life->reboots, compare_reboots);
}

static LifeFault
get_fault (gpointer user_data)
{
  Life *life = user_data;
  gint64 now = get_now (life);
  const Outage *outage;

  while (life->outage < life->outages->len &&
         g_array_index (life->outages, Outage, life->outage).end <= now)
    life->outage++;
  if (life->outage == life->outages->len)
    return LIFE_UP;
  outage = &g_array_index (life->outages, Outage, life->outage);
  return outage->begin <= now ? outage->fault : LIFE_UP;
}

/* The machine */

static void
do_nothing (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  g_task_return_boolean (task, TRUE);
}

/* What the worker was given is done; nobody has been told of it yet. */
static void
wait_for (Life *life, ScepWorker *worker, void (*run) (ScepWorker *, GTask *, GTaskThreadFunc))
{
  g_autoptr (GTask) task = NULL;

  g_main_context_push_thread_default (life->own_context);
  task = g_task_new (NULL, NULL, NULL, NULL);
  run (worker, task, do_nothing);
  while (!g_task_get_completed (task))
    g_main_context_iteration (life->own_context, TRUE);
  g_main_context_pop_thread_default (life->own_context);
}

static void
copy_file (const char *from, const char *to)
{
  g_autofree char *contents = NULL;
  g_autoptr (GError) error = NULL;
  gsize length;

  g_file_get_contents (from, &contents, &length, &error);
  g_assert_no_error (error);
  g_file_set_contents_full (to, contents, (gssize) length, G_FILE_SET_CONTENTS_NONE, 0600, &error);
  g_assert_no_error (error);
}

static void
copy_directory (const char *from, const char *to)
{
  g_autoptr (GDir) dir = g_dir_open (from, 0, NULL);
  const char *name;

  g_assert_nonnull (dir);
  g_mkdir_with_parents (to, 0700);
  while ((name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *source = g_build_filename (from, name, NULL);
    g_autofree char *target = g_build_filename (to, name, NULL);

    if (g_file_test (source, G_FILE_TEST_IS_DIR))
      copy_directory (source, target);
    else
      copy_file (source, target);
  }
}

/* From here on nothing that the profile does has an effect. */
static void
pull_plug (Life *life)
{
  if (life->cut)
    return;
  wait_for (life, life->fixture.storage, scep_worker_run);
  life->left = g_dir_make_tmp ("scep-ten-years-XXXXXX", NULL);
  copy_directory (life->fixture.directory, life->left);
  life->n_cuts[life->armed->cut]++;
  life->cut = TRUE;
}

static void
count_down (Life *life, Cut cut)
{
  if (life->armed != NULL && life->armed->cut == cut && --life->countdown == 0)
    pull_plug (life);
}

static void
on_status_changed (ScepProfile *profile, Life *life)
{
  count_down (life, CUT_AT_CHANGE);
}

static ScepHttpReply *
serve (const ScepFakeRequest *request, gpointer user_data, GError **error)
{
  Life *life = user_data;
  ScepHttpReply *reply = NULL;
  gboolean counts = life->armed != NULL && (!life->armed->enrolling || request->body != NULL);

  if (counts)
    count_down (life, CUT_BEFORE_ANSWER);
  if (!life->cut)
    reply = life_server_answer (&life->server, request, error);
  else
    scep_error_set (error, SCEP_ERROR_SERVER_UNREACHABLE, "The power is gone.");
  if (counts)
    count_down (life, CUT_AFTER_ANSWER);
  return reply;
}

static void
open_profile (Life *life)
{
  profile_fixture_open (&life->fixture);
  g_signal_connect (life->fixture.profile, "status-changed", G_CALLBACK (on_status_changed), life);
}

/* While an attempt runs nothing is planned; other deadlines than the plan's may be there. */
static gboolean
is_idle (Life *life)
{
  const ScepStatus *status = scep_profile_get_status (life->fixture.profile);
  gint64 next = scep_clock_fake_get_next (life->fixture.clock);

  if (next == 0)
    return FALSE;
  return next <= get_now (life) ||
         (status->next_action[0] != '\0' && status->next_action_time > get_now (life));
}

/* Until the profile waits for its next deadline, or the power goes. */
static void
run_until_idle (Life *life)
{
  for (guint round = 0;; round++) {
    while (!life->cut && g_main_context_iteration (NULL, FALSE))
      ;
    if (life->cut || is_idle (life))
      return;
    g_assert_cmpuint (round, <, MOST_ROUNDS);
    wait_for (life, life->fixture.crypto, scep_worker_run);
    wait_for (life, life->fixture.storage, scep_worker_run);
    /* A check makes no key. */
    if (!g_str_equal (scep_profile_get_status (life->fixture.profile)->state, "enrolled"))
      wait_for (life, life->fixture.crypto, scep_worker_run_background);
  }
}

/* Whether there is a certificate */

static void
read_certificate (Life *life, const char *fingerprint)
{
  g_autofree char *chain = scep_profile_dup_certificate_chain (life->fixture.profile);
  BIO *in = BIO_new_mem_buf (chain, -1);
  X509 *leaf = PEM_read_bio_X509 (in, NULL, NULL, NULL);
  TestCertificate *ca = life_server_find_issuer (&life->server, leaf);
  const ScepStatus *status = scep_profile_get_status (life->fixture.profile);
  const char *issuer;

  g_assert_nonnull (ca);
  issuer = scep_certificate_get_fingerprint (ca->certificate);
  if (life->seen != NULL)
    life->narrowest = MIN (life->narrowest, life->good_until - get_now (life));
  if (life->ca != NULL && life->ca != issuer)
    life->n_rollovers++;
  life->n_certificates++;
  life->ca = issuer;
  life->good_from = MAX (status->not_before, scep_certificate_get_not_before (ca->certificate));
  life->good_until = MIN (status->not_after, scep_certificate_get_not_after (ca->certificate));
  g_free (life->seen);
  life->seen = g_strdup (fingerprint);
  X509_free (leaf);
  BIO_free (in);
}

/* What is installed now is, or was, so from @from to @until: is it good that long? */
static void
look_at (Life *life, gint64 from, gint64 until)
{
  const ScepStatus *status = scep_profile_get_status (life->fixture.profile);
  gint64 good = 0;

  if (status->fingerprint[0] != '\0' && g_strcmp0 (life->seen, status->fingerprint) != 0)
    read_certificate (life, status->fingerprint);
  if (status->fingerprint[0] != '\0' &&
      g_strv_contains ((const char *const *) status->ca_fingerprints, life->ca))
    good = MAX (MIN (until, life->good_until) - MAX (from, life->good_from), 0);
  if (good == until - from)
    return;
  life->seconds_without += until - from - good;
  if (life->plan->is_safe)
    g_test_message ("day %" G_GINT64_FORMAT ": %" G_GINT64_FORMAT " seconds without a certificate, "
                    "state %s, %s",
                    (from - life->server.origin) / LIFE_DAY, until - from - good, status->state,
                    status->last_error_message);
}

static void
let_time_pass (Life *life, gint64 until)
{
  gint64 now = get_now (life);

  look_at (life, now, until);
  scep_clock_fake_advance (life->fixture.clock, until - now);
}

/* What was on the disk is all that is left. */
static void
reboot (Life *life)
{
  const Reboot *done = g_steal_pointer (&life->armed);
  gint64 begin = get_now (life);

  g_assert_true (life->cut);
  /* The old process may do what it likes to the disk that it had. */
  profile_fixture_close (&life->fixture);
  g_assert_true (scep_storage_remove_directory (life->fixture.directory, NULL));
  g_free (life->fixture.directory);
  life->fixture.directory = g_steal_pointer (&life->left);
  life->cut = FALSE;
  scep_clock_fake_advance (life->fixture.clock, done->off);
  open_profile (life);
  look_at (life, begin, get_now (life));
  run_until_idle (life);
}

/* One that waited for a message in vain does not wait for ever. */
static void
arm (Life *life, const Reboot *next)
{
  if (life->armed != NULL) {
    pull_plug (life);
    reboot (life);
  }
  life->armed = next;
  life->countdown = next->countdown;
  if (next->cut == CUT_AT_REST)
    pull_plug (life);
}

static void
live (Life *life)
{
  guint turns = 0;

  while (get_now (life) < life->end) {
    gint64 now = get_now (life);
    gint64 deadline = scep_clock_fake_get_next (life->fixture.clock);
    const Reboot *next = life->reboot < life->reboots->len
                             ? &g_array_index (life->reboots, Reboot, life->reboot)
                             : NULL;

    g_assert_cmpint (deadline, >, 0);
    if (next != NULL && next->time <= deadline) {
      life->reboot++;
      let_time_pass (life, MAX (next->time, now));
      arm (life, next);
    } else {
      let_time_pass (life, CLAMP (deadline, now, life->end));
    }
    run_until_idle (life);
    if (life->cut)
      reboot (life);
    turns = get_now (life) > now ? 0 : turns + 1;
    g_assert_cmpuint (turns, <, MOST_TURNS);
  }
}

static void
life_set_up (Life *life, gconstpointer data)
{
  const char *seed_text = g_getenv ("SCEP_TEST_SEED");
  guint32 seed = seed_text != NULL ? (guint32) strtoul (seed_text, NULL, 10) : DEFAULT_SEED;
  g_autoptr (GRand) random = g_rand_new_with_seed (seed);

  life->plan = data;
  life->end = BEGIN + life->plan->years * YEAR;
  g_test_message ("seed %u", seed);
  profile_fixture_set_up (&life->fixture, NULL);
  profile_fixture_close (&life->fixture);
  /* One thread: what it was given before is done before. */
  g_object_unref (life->fixture.crypto);
  life->fixture.crypto = scep_worker_new (1);
  scep_clock_fake_set (life->fixture.clock, BEGIN);
  life_server_init (&life->server, life->fixture.clock, life->plan->rolls ? CA_PERIOD : 0,
                    life->plan->rolls ? life->plan->years * YEAR / CA_PERIOD + 1 : 1);
  life->server.get_fault = get_fault;
  life->server.user_data = life;
  scep_transport_fake_set_handler (life->fixture.transport, serve, life);
  life->own_context = g_main_context_new ();
  life->outages = g_array_new (FALSE, FALSE, sizeof (Outage));
  life->reboots = g_array_new (FALSE, FALSE, sizeof (Reboot));
  life->narrowest = G_MAXINT64;
  plan_outages (life, random);
  plan_reboots (life, random);
  open_profile (life);
}

static void
life_tear_down (Life *life, gconstpointer data)
{
  profile_fixture_tear_down (&life->fixture, NULL);
  life_server_clear (&life->server);
  g_main_context_unref (life->own_context);
  g_array_unref (life->outages);
  g_array_unref (life->reboots);
  g_free (life->seen);
}

static double
get_share_down (Life *life)
{
  return (double) life->seconds_down / (double) (life->end - BEGIN);
}

static void
report (Life *life)
{
  g_test_message ("%u certificates in %u years, %u requests refused, %u not readable, %u polls",
                  life->n_certificates, life->plan->years, life->server.n_refused,
                  life->server.n_unreadable, life->server.n_polls);
  g_test_message ("%u changes of the CA; the server was down %.1f %% of the time, %u times",
                  life->n_rollovers, 100 * get_share_down (life), life->outages->len);
  g_test_message ("power cuts: %u at rest, %u before an answer, %u after one, %u between steps",
                  life->n_cuts[CUT_AT_REST], life->n_cuts[CUT_BEFORE_ANSWER],
                  life->n_cuts[CUT_AFTER_ANSWER], life->n_cuts[CUT_AT_CHANGE]);
  g_test_message ("the narrowest replacement came %.1f days before the end",
                  (double) life->narrowest / (double) LIFE_DAY);
  g_test_message ("minutes without a valid certificate: %" G_GINT64_FORMAT,
                  (life->seconds_without + MINUTE - 1) / MINUTE);
}

/* The last one may wait in vain for its message. */
static void
assert_it_was_hard (Life *life)
{
  guint n_cuts = 0;

  for (guint i = 0; i < N_CUTS; i++) {
    g_assert_cmpuint (life->n_cuts[i], >, 0);
    n_cuts += life->n_cuts[i];
  }
  g_assert_cmpuint (n_cuts, >=, life->reboots->len - 1);
  g_assert_cmpfloat (get_share_down (life), >, 0.08);
}

static void
test_years (Life *life, gconstpointer data)
{
  TestCertificate *ca = life_server_get_ca (&life->server);

  profile_fixture_configure (&life->fixture, "ServerEndpoint", "http://ca.example/scep",
                             "SubjectDN", "CN=device", "ChallengePassword", life->server.challenge,
                             "ChallengePasswordOneTime", "true", "CARootFingerprint",
                             scep_certificate_get_fingerprint (ca->certificate), "RSAKeyLength",
                             "1024", "ConnectRetryInterval", RETRY, "RenewalThreshold",
                             life->plan->threshold, "Enabled", "true", NULL);
  profile_fixture_wait_state (&life->fixture, "enrolled");
  run_until_idle (life);
  live (life);
  report (life);

  assert_it_was_hard (life);
  g_assert_cmpuint (life->server.n_enrolled, ==, 1);
  if (!life->plan->is_safe) {
    g_assert_cmpint (life->seconds_without, >, 0);
    return;
  }
  g_assert_cmpint (life->seconds_without, ==, 0);
  g_assert_cmpuint (life->n_certificates, >=, life->plan->years * 12);
  g_assert_cmpuint (life->n_rollovers, ==, life->server.cas->len - (life->plan->rolls ? 2 : 1));
}

/* Ten years of it would hide what matters. */
static GLogWriterOutput
leave_out_messages (GLogLevelFlags level, const GLogField *fields, gsize n_fields,
                    gpointer user_data)
{
  if ((level & G_LOG_LEVEL_MASK) > G_LOG_LEVEL_WARNING)
    return G_LOG_WRITER_HANDLED;
  return g_log_writer_default (level, fields, n_fields, user_data);
}

/* What the other would look like if it failed. */
static const Plan too_late = { 1, FALSE, "95", FALSE };
static const Plan ten_years = { 10, TRUE, "67", TRUE };

int
main (int argc, char **argv)
{
  /* Syncing is not what is tested here. */
  if (g_file_test ("/dev/shm", G_FILE_TEST_IS_DIR))
    g_setenv ("TMPDIR", "/dev/shm", TRUE);
  if (g_getenv ("G_MESSAGES_DEBUG") == NULL)
    g_log_set_writer_func (leave_out_messages, NULL, NULL);
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/ten-years/renewed-too-late", Life, &too_late, life_set_up, test_years,
              life_tear_down);
  g_test_add ("/ten-years/in-time", Life, &ten_years, life_set_up, test_years, life_tear_down);
  return g_test_run ();
}
