/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "responder.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_HEAD 200000
#define MAX_DATE 64
#define HUGE_LENGTH "10737418240"
#define CAPS "AES\nDES3\nPOSTPKIOperation\nRenewal\nSHA-1\nSHA-256\nSHA-512\nSCEPStandard\n"

/* One request, taken apart. */
typedef struct {
  char method[8];
  char *path;  /* owned */
  char *query; /* owned */
  char type[64];
  bool has_length;
  Bytes body; /* owned */
} Request;

/* The operation that a connection's thread is at, for type.OPERATION. */
static _Thread_local const char *operation_now;

static bool
write_all (int fd, const void *data, size_t length)
{
  for (const char *p = data; length > 0;) {
    ssize_t n = write (fd, p, length);

    if (n <= 0)
      return false;
    p += n;
    length -= (size_t) n;
  }
  return true;
}

static bool
write_text (int fd, const char *text)
{
  return write_all (fd, text, strlen (text));
}

/* type.OPERATION=TYPE, or none; the type that it would have if not. Owned; "" for none. */
static char *
choose_type (const char *type)
{
  char key[64];
  char *mode;

  snprintf (key, sizeof key, "type.%.40s", operation_now != NULL ? operation_now : "none");
  mode = modes_get (key);
  if (mode != NULL && strcmp (mode, "none") == 0)
    *mode = '\0';
  return mode != NULL ? mode : strdup (type);
}

/* http.date=S (from now), none, or a text; owned, "" for none */
static char *
make_date (void)
{
  char *mode = modes_get ("http.date");
  char *end = mode;
  time_t now = time (NULL) + (mode != NULL ? strtol (mode, &end, 10) : 0);
  struct tm parts;

  if (mode != NULL && (*end != '\0' || end == mode)) {
    if (strcmp (mode, "none") == 0)
      *mode = '\0';
    return mode;
  }
  free (mode);
  mode = malloc (MAX_DATE);
  strftime (mode, MAX_DATE, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r (&now, &parts));
  return mode;
}

/* http.coding=TEXT: the header Content-Encoding; "empty" for one without a value */
static int
write_coding (char *head, size_t size)
{
  char *mode = modes_get ("http.coding");
  int n = 0;

  if (mode != NULL && operation_now != NULL)
    n = snprintf (head, size, "Content-Encoding: %.40s\r\n",
                  strcmp (mode, "empty") == 0 ? "" : mode);
  free (mode);
  return n;
}

/* trailing=crlf, zeros or text: what follows an answer that is ASN.1 */
static Bytes
get_trailing (const char *type)
{
  if (operation_now == NULL || strncmp (type, "application/", 12) != 0)
    return (Bytes){ NULL, 0 };
  if (modes_is ("trailing", "crlf"))
    return (Bytes){ (unsigned char *) "\r\n", 2 };
  if (modes_is ("trailing", "zeros"))
    return (Bytes){ (unsigned char *) "\0\0\0\0", 4 };
  return modes_is ("trailing", "text") ? (Bytes){ (unsigned char *) "OK", 2 } : (Bytes){ NULL, 0 };
}

/* http.old=1: as HTTP/1.0, ended by the end of the connection; http.server=TEXT: its header */
static bool
reply (int fd, const char *status, const char *type, const void *data, size_t length)
{
  long retry_after = modes_number ("retry-after", 0);
  bool old = operation_now != NULL && modes_on ("http.old");
  char *chosen = choose_type (type);
  char *server = modes_get ("http.server");
  char *date = make_date ();
  Bytes trailing = get_trailing (type);
  char head[512];
  int n = snprintf (head, sizeof head, "HTTP/1.%d %s\r\n", old ? 0 : 1, status);

  if (server != NULL)
    n += snprintf (head + n, sizeof head - (size_t) n, "Server: %.80s\r\n", server);
  if (*date != '\0')
    n += snprintf (head + n, sizeof head - (size_t) n, "Date: %.80s\r\n", date);
  if (*chosen != '\0')
    n += snprintf (head + n, sizeof head - (size_t) n, "Content-Type: %.80s\r\n", chosen);
  if (!old)
    n += snprintf (head + n, sizeof head - (size_t) n, "Content-Length: %zu\r\n",
                   length + trailing.length);
  n += write_coding (head + n, sizeof head - (size_t) n);
  if (retry_after > 0)
    n += snprintf (head + n, sizeof head - (size_t) n, "Retry-After: %ld\r\n", retry_after);
  snprintf (head + n, sizeof head - (size_t) n, "\r\n");
  free (server);
  free (date);
  free (chosen);
  return write_text (fd, head) && write_all (fd, data, length) &&
         write_all (fd, trailing.data, trailing.length) && !old;
}

static void
send_huge (int fd, bool chunked)
{
  static const char zeros[65536];
  const char *head = chunked ? "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                             : "HTTP/1.1 200 OK\r\nContent-Length: " HUGE_LENGTH "\r\n\r\n";

  if (!write_text (fd, head))
    return;
  while ((!chunked || write_text (fd, "10000\r\n")) && write_all (fd, zeros, sizeof zeros) &&
         (!chunked || write_text (fd, "\r\n")))
    ;
}

static void
send_trickle (int fd)
{
  const char *head = "HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n";

  if (!write_text (fd, head))
    return;
  while (write_all (fd, "0", 1))
    usleep (50000);
}

/* RFC 9110, 15.2, as fast as they are read */
static void
send_interim (int fd)
{
  char many[4096];
  size_t length = 0;

  while (length < sizeof many - 64)
    length +=
        (size_t) snprintf (many + length, sizeof many - length, "HTTP/1.1 100 Continue\r\n\r\n");
  while (write_all (fd, many, length))
    ;
}

/* http.body=TEXT: what is said with the status of an error */
static bool
refuse (int fd, int number)
{
  char *words = modes_get ("http.body");
  const char *text = words != NULL ? words : "the test says no\x07";
  char status[64];
  bool keep;

  snprintf (status, sizeof status, "%d Refused", number);
  keep = reply (fd, status, "text/plain", text, strlen (text));
  free (words);
  return keep;
}

/* http.location=URL, or a path of its own */
static bool
redirect (int fd)
{
  char *mode = modes_get ("http.location");
  char head[2048];

  snprintf (head, sizeof head, "HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n",
            mode != NULL ? mode : "/elsewhere");
  free (mode);
  return write_text (fd, head);
}

/*
 * As @mode says: html, empty, huge, chunked, trickle, interim, redirect, gzip, close, half, short,
 * error or a status. Returns whether the connection is good for another request.
 */
static bool
answer_badly (int fd, const char *mode)
{
  static const char html[] = "<html><body>Welcome to the <b>proxy</b>\x1b[2J</body></html>";
  int number = strcmp (mode, "error") == 0 ? 500 : atoi (mode);

  if (strcmp (mode, "html") == 0)
    return reply (fd, "200 OK", "text/html", html, strlen (html));
  if (strcmp (mode, "empty") == 0)
    return reply (fd, "200 OK", "application/x-pki-message", "", 0);
  if (strcmp (mode, "redirect") == 0)
    return redirect (fd);
  if (strcmp (mode, "gzip") == 0)
    return write_text (fd,
                       "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 0\r\n\r\n");
  if (number > 0)
    return refuse (fd, number);
  if (strcmp (mode, "huge") == 0 || strcmp (mode, "chunked") == 0)
    send_huge (fd, *mode == 'c');
  else if (strcmp (mode, "trickle") == 0)
    send_trickle (fd);
  else if (strcmp (mode, "interim") == 0)
    send_interim (fd);
  else if (strcmp (mode, "short") == 0)
    write_text (fd, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 9\r\n\r\nabc");
  else if (strcmp (mode, "half") == 0)
    write_text (fd, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc");
  return false;
}

/*
 * http.OPERATION= does answer_badly(), for all requests or as many as http.times says. Returns
 * whether it was done.
 */
static bool
misbehave (int fd, const char *operation, bool *keep)
{
  char key[64];
  char *mode;

  snprintf (key, sizeof key, "http.%.40s", operation);
  mode = modes_get (key);
  if (mode == NULL || (modes_number ("http.times", -1) != -1 && !modes_take ("http.times"))) {
    free (mode);
    return false;
  }
  *keep = answer_badly (fd, mode);
  free (mode);
  return true;
}

static void
log_simple (Responder *self, Request *request, const char *operation)
{
  char *message = query_value (request->query, "message");

  flockfile (self->log);
  fprintf (self->log, "{\"method\": \"%s\"", request->method);
  print_json (self->log, "operation", operation);
  print_json (self->log, "message", message);
  fprintf (self->log, "}\n");
  fflush (self->log);
  funlockfile (self->log);
  free (message);
}

static Bytes
decode_base64 (const char *text)
{
  size_t length = strlen (text);
  Bytes bytes = { calloc (length + 4, 1), 0 };
  int n = EVP_DecodeBlock (bytes.data, (const unsigned char *) text, (int) length);

  while (n > 0 && length > 0 && text[--length] == '=')
    n--;
  bytes.length = n > 0 ? (size_t) n : 0;
  return bytes;
}

/* drop.METHOD=1: such a message is taken, and answered with nothing */
static bool
is_dropped (Request *request)
{
  char key[32];

  snprintf (key, sizeof key, "drop.%s", request->method);
  return modes_on (key);
}

/* refuse.METHOD=N: with that status */
static bool
is_refused (Request *request, int fd, bool *keep)
{
  char key[32];
  long status;

  snprintf (key, sizeof key, "refuse.%s", request->method);
  status = modes_number (key, 0);
  if (status == 0)
    return false;
  *keep = refuse (fd, (int) status);
  return true;
}

/* unreadable=: a status or empty; what a message gets that cannot be decrypted */
static bool
answer_unreadable (int fd)
{
  char *mode = modes_get ("unreadable");
  bool keep = mode != NULL ? answer_badly (fd, mode)
                           : reply (fd, "400 Bad Request", "text/plain", "cannot read that", 16);

  free (mode);
  return keep;
}

static bool
answer_pki_operation (Responder *self, int fd, Request *request)
{
  char *message = query_value (request->query, "message");
  Bytes in = request->body;
  Bytes out;
  char *fault;
  bool keep;

  /* As a server does that takes such a body for a form: it is not there. */
  if (modes_on ("post.strict") &&
      (!request->has_length || strcmp (request->type, "application/x-pki-message") != 0))
    in.length = 0;
  if (in.length == 0 && message != NULL)
    in = decode_base64 (message);
  out = answer_message (self, request->method, in, &fault);
  if (is_refused (request, fd, &keep))
    ;
  else if (is_dropped (request))
    keep = reply (fd, "200 OK", "application/x-pki-message", "", 0);
  else if (out.length > 0)
    keep = reply (fd, "200 OK", "application/x-pki-message", out.data, out.length);
  else if (fault != NULL)
    keep = answer_badly (fd, fault);
  else
    keep = answer_unreadable (fd);
  if (in.data != request->body.data)
    free (in.data);
  free (out.data);
  free (fault);
  free (message);
  return keep;
}

/* caps=TEXT ("none" for an empty answer) */
static bool
answer_caps (int fd)
{
  char *caps = modes_get ("caps");
  const char *usual = modes_on ("next-ca") ? CAPS "GetNextCACert\n" : CAPS;
  const char *text = caps == NULL ? usual : strcmp (caps, "none") == 0 ? "" : caps;
  bool keep = reply (fd, "200 OK", "text/plain", text, strlen (text));

  free (caps);
  return keep;
}

/* ca.identifier=TEXT: the only one that is known; any: one has to be given */
static bool
knows_identifier (Request *request)
{
  char *wanted = modes_get ("ca.identifier");
  char *given = query_value (request->query, "message");
  bool known = wanted == NULL ||
               (given != NULL && (strcmp (wanted, "any") == 0 || strcmp (wanted, given) == 0));

  free (wanted);
  free (given);
  return known;
}

static bool
answer_ca_cert (Responder *self, int fd, Request *request)
{
  bool is_single;
  Bytes out;
  bool keep;

  if (!knows_identifier (request))
    return reply (fd, "404 Not Found", "text/plain", "no such CA", 10);
  out = ca_bundle (self, &is_single);
  keep = reply (fd, "200 OK",
                is_single ? "application/x-x509-ca-cert" : "application/x-x509-ca-ra-cert",
                out.data, out.length);

  OPENSSL_free (out.data);
  return keep;
}

static bool
answer_next_ca (Responder *self, int fd)
{
  Bytes out = next_ca_reply (self);
  bool keep;

  if (out.length > 0)
    keep = reply (fd, "200 OK", "application/x-x509-next-ca-cert", out.data, out.length);
  else
    keep = reply (fd, "404 Not Found", "text/plain", "no next CA", 10);
  free (out.data);
  return keep;
}

static bool
answer_crl (Responder *self, int fd)
{
  Bytes crl = crl_file (self);
  bool keep = reply (fd, "200 OK", "application/pkix-crl", crl.data, crl.length);

  OPENSSL_free (crl.data);
  return keep;
}

/* path=PATH: the only one; url.limit=N: the longest query */
static bool
refuse_address (int fd, Request *request, bool *keep)
{
  char *path = modes_get ("path");
  bool elsewhere = path != NULL && strcmp (path, request->path) != 0;

  free (path);
  if (elsewhere)
    *keep = reply (fd, "404 Not Found", "text/plain", "no such page", 12);
  else if ((long) strlen (request->query) > modes_number ("url.limit", MAX_HEAD))
    *keep = reply (fd, "414 URI Too Long", "text/plain", "too long", 8);
  else
    return false;
  return true;
}

static bool
answer (int fd, Request *request)
{
  Responder *self = generations_current ();
  char *operation = query_value (request->query, "operation");
  bool keep = true;

  operation_now = NULL;
  if (strcmp (request->path, "/control") == 0) {
    char *text;

    modes_control (request->query);
    generations_control (request->query);
    text = modes_describe ();
    keep = reply (fd, "200 OK", "application/json", text, strlen (text));
    free (text);
    free (operation);
    return keep;
  }
  if (operation == NULL)
    operation = strdup ("none");
  if (strcmp (operation, "PKIOperation") != 0)
    log_simple (self, request, operation);
  modes_wait_while_held ();
  self = generations_current ();
  operation_now = operation;
  if (refuse_address (fd, request, &keep))
    ;
  else if (misbehave (fd, operation, &keep))
    ;
  else if (strcmp (operation, "GetCACaps") == 0)
    keep = answer_caps (fd);
  else if (strcmp (operation, "GetCACert") == 0)
    keep = answer_ca_cert (self, fd, request);
  else if (strcmp (operation, "GetNextCACert") == 0)
    keep = answer_next_ca (self, fd);
  else if (strcmp (operation, "PKIOperation") == 0)
    keep = answer_pki_operation (self, fd, request);
  else if (strcmp (request->path, "/crl") == 0)
    keep = answer_crl (self, fd);
  else
    keep = reply (fd, "404 Not Found", "text/plain", "no such operation", 17);
  operation_now = NULL;
  free (operation);
  return keep;
}

static bool
parse_head (char *head, Request *request, size_t *length)
{
  char target[MAX_HEAD / 2];
  char *query;
  char *found = strcasestr (head, "\r\ncontent-length:");

  if (sscanf (head, "%7s %99999s", request->method, target) != 2)
    return false;
  query = strchr (target, '?');
  if (query != NULL)
    *query++ = '\0';
  request->has_length = found != NULL;
  found = strcasestr (head, "\r\ncontent-type:");
  if (found != NULL)
    sscanf (found + strlen ("\r\ncontent-type:"), " %63[^\r;]", request->type);
  found = strcasestr (head, "\r\ncontent-length:");
  request->path = strdup (target);
  request->query = strdup (query != NULL ? query : "");
  *length = found != NULL ? strtoul (found + strlen ("\r\ncontent-length:"), NULL, 10) : 0;
  return *length < 16 * 1024 * 1024;
}

static bool
read_request (FILE *input, Request *request)
{
  char *head = calloc (MAX_HEAD, 1);
  size_t used = 0;
  size_t length = 0;
  bool ok = true;

  while (ok && (used < 4 || strcmp (head + used - 4, "\r\n\r\n") != 0)) {
    ok = used < MAX_HEAD - 2 && fgets (head + used, (int) (MAX_HEAD - used), input) != NULL;
    used += strlen (head + used);
  }
  ok = ok && parse_head (head, request, &length);
  free (head);
  if (!ok)
    return false;
  request->body.data = malloc (length + 1);
  request->body.length = fread (request->body.data, 1, length, input);
  return request->body.length == length;
}

static void *
serve_connection (void *data)
{
  int fd = *(int *) data;
  FILE *input = fdopen (dup (fd), "r");
  bool keep = true;

  free (data);
  while (keep) {
    Request request = { .path = NULL };

    keep = read_request (input, &request) && answer (fd, &request);
    free (request.path);
    free (request.query);
    free (request.body.data);
  }
  fclose (input);
  close (fd);
  return NULL;
}

/* Serves on 127.0.0.1 for ever, after a line "PORT n" on standard output. */
void
serve (int port)
{
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons ((uint16_t) port) };
  socklen_t length = sizeof address;
  int listener = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int one = 1;

  address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  setsockopt (listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind (listener, (struct sockaddr *) &address, sizeof address) < 0 ||
      listen (listener, 64) < 0 ||
      getsockname (listener, (struct sockaddr *) &address, &length) < 0) {
    perror ("scep-responder");
    return;
  }
  printf ("PORT %d\n", ntohs (address.sin_port));
  for (;;) {
    int fd = accept4 (listener, NULL, NULL, SOCK_CLOEXEC);
    int *connection;
    pthread_t thread;

    if (fd < 0)
      continue;
    setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    connection = malloc (sizeof *connection);
    *connection = fd;
    if (pthread_create (&thread, NULL, serve_connection, connection) != 0)
      abort ();
    pthread_detach (thread);
  }
}
