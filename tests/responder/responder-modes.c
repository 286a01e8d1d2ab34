/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "responder.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define MAX_MODES 64

static struct {
  char *key;
  char *value;
} modes[MAX_MODES];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int n_held;

static int
digit (char c)
{
  const char *digits = "0123456789abcdef";
  const char *found = c != '\0' ? strchr (digits, c | 0x20) : NULL;

  return found != NULL ? (int) (found - digits) : -1;
}

char *
url_decode (const char *text, size_t length)
{
  char *out = calloc (length + 1, 1);
  size_t n = 0;

  for (size_t i = 0; i < length; i++) {
    if (text[i] == '%' && i + 2 < length && digit (text[i + 1]) >= 0 && digit (text[i + 2]) >= 0) {
      out[n++] = (char) (digit (text[i + 1]) * 16 + digit (text[i + 2]));
      i += 2;
    } else {
      out[n++] = text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

/* The decoded value of @key in a query, owned; NULL if it is not there. */
char *
query_value (const char *query, const char *key)
{
  size_t length = strlen (key);

  for (const char *p = query; *p != '\0'; p += strcspn (p, "&"), p += *p == '&') {
    if (strncmp (p, key, length) == 0 && p[length] == '=')
      return url_decode (p + length + 1, strcspn (p + length + 1, "&"));
  }
  return NULL;
}

/* With the lock held. */
static int
find (const char *key)
{
  for (int i = 0; i < MAX_MODES; i++) {
    if (modes[i].key != NULL && strcmp (modes[i].key, key) == 0)
      return i;
  }
  return -1;
}

static void
set (const char *key, const char *value)
{
  int i = find (key);

  for (int free_slot = 0; i < 0 && free_slot < MAX_MODES; free_slot++) {
    if (modes[free_slot].key == NULL)
      i = free_slot;
  }
  if (i < 0)
    return;
  free (modes[i].key);
  free (modes[i].value);
  modes[i].key = *value != '\0' ? strdup (key) : NULL;
  modes[i].value = *value != '\0' ? strdup (value) : NULL;
}

static void
reset (void)
{
  for (int i = 0; i < MAX_MODES; i++) {
    free (modes[i].key);
    free (modes[i].value);
    modes[i].key = modes[i].value = NULL;
  }
}

/* "key=value&…": an empty value switches off, "reset=1" everything. */
void
modes_control (const char *query)
{
  pthread_mutex_lock (&lock);
  for (const char *p = query; *p != '\0'; p += strcspn (p, "&"), p += *p == '&') {
    size_t key_length = strcspn (p, "=&");
    char *key = url_decode (p, key_length);
    const char *raw = p[key_length] == '=' ? p + key_length + 1 : "";
    char *value = url_decode (raw, strcspn (raw, "&"));

    if (strcmp (key, "reset") == 0)
      reset ();
    else
      set (key, value);
    free (key);
    free (value);
  }
  pthread_cond_broadcast (&changed);
  pthread_mutex_unlock (&lock);
}

char *
modes_get (const char *key)
{
  char *value = NULL;
  int i;

  pthread_mutex_lock (&lock);
  i = find (key);
  if (i >= 0)
    value = strdup (modes[i].value);
  pthread_mutex_unlock (&lock);
  return value;
}

bool
modes_is (const char *key, const char *value)
{
  char *set_value = modes_get (key);
  bool is = set_value != NULL && strcmp (set_value, value) == 0;

  free (set_value);
  return is;
}

bool
modes_on (const char *key)
{
  char *value = modes_get (key);
  bool on = value != NULL && strcmp (value, "0") != 0;

  free (value);
  return on;
}

long
modes_number (const char *key, long fallback)
{
  char *value = modes_get (key);
  long number = value != NULL ? strtol (value, NULL, 10) : fallback;

  free (value);
  return number;
}

bool
modes_take (const char *key)
{
  bool taken = false;
  int i;

  pthread_mutex_lock (&lock);
  i = find (key);
  if (i >= 0) {
    long left = strtol (modes[i].value, NULL, 10);

    taken = left != 0;
    if (left > 0) {
      free (modes[i].value);
      if (asprintf (&modes[i].value, "%ld", left - 1) < 0)
        abort ();
    }
  }
  pthread_mutex_unlock (&lock);
  return taken;
}

/* While "hold" is on, requests wait here: a test sees them in "held" and lets them go. */
void
modes_wait_while_held (void)
{
  pthread_mutex_lock (&lock);
  n_held++;
  for (int i = find ("hold"); i >= 0 && strcmp (modes[i].value, "0") != 0; i = find ("hold"))
    pthread_cond_wait (&changed, &lock);
  n_held--;
  pthread_mutex_unlock (&lock);
}

char *
modes_describe (void)
{
  char *text = NULL;

  pthread_mutex_lock (&lock);
  if (asprintf (&text, "{\"held\": %d}\n", n_held) < 0)
    abort ();
  pthread_mutex_unlock (&lock);
  return text;
}
