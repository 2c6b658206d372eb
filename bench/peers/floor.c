// The floor: a server that only moves the bytes, with the fewest system calls. It reads all requests of one turn of epoll,
// makes WebSocket frames of the posted bodies, and sends the frames of a turn to each subscriber with one write().
// It has no channels, checks nothing, and never closes a slow consumer.

#define _GNU_SOURCE

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_FDS 65536
#define IN_BYTES (256 * 1024)

// The unfinished request of a connection, and the bytes that its peer has not read.
struct conn {
  char *in;
  size_t in_len;
  char *out;
  size_t out_len, out_cap;
  int subscribed;
};

static struct conn conns[MAX_FDS];
static int subscribers[MAX_FDS], subscriber_count;
static char *turn;
static size_t turn_len, turn_cap;
static int poll_fd;

static void append(char **to, size_t *len, size_t *cap, const void *from, size_t n) {
  if (*len + n > *cap) {
    *cap = (*len + n) * 2;
    *to = realloc(*to, *cap);
    if (!*to) exit(1);
  }
  memcpy(*to + *len, from, n);
  *len += n;
}

static void watch(int fd, int events, int operation) {
  struct epoll_event event = {.events = events, .data.fd = fd};
  epoll_ctl(poll_fd, operation, fd, &event);
}

static void hang_up(int fd) {
  struct conn *c = &conns[fd];
  for (int i = 0; c->subscribed && i < subscriber_count; i++) {
    if (subscribers[i] == fd) subscribers[i] = subscribers[--subscriber_count];
  }
  free(c->in);
  free(c->out);
  memset(c, 0, sizeof *c);
  close(fd);
}

static void send_all(int fd, const char *bytes, size_t len) {
  struct conn *c = &conns[fd];
  ssize_t sent = c->out_len ? 0 : write(fd, bytes, len);
  if (sent < 0) sent = 0;
  if ((size_t)sent == len) return;
  if (!c->out_len) watch(fd, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
  append(&c->out, &c->out_len, &c->out_cap, bytes + sent, len - sent);
}

static void send_rest(int fd) {
  struct conn *c = &conns[fd];
  ssize_t sent = write(fd, c->out, c->out_len);
  if (sent <= 0) return;
  memmove(c->out, c->out + sent, c->out_len - sent);
  c->out_len -= sent;
  if (!c->out_len) watch(fd, EPOLLIN, EPOLL_CTL_MOD);
}

static void add_frame(const char *text, size_t len) {
  unsigned char head[4] = {0x81, len};
  size_t head_len = 2;
  if (len >= 126) {
    head[1] = 126;
    head[2] = len >> 8;
    head[3] = len;
    head_len = 4;
  }
  append(&turn, &turn_len, &turn_cap, head, head_len);
  append(&turn, &turn_len, &turn_cap, text, len);
}

// Handles one complete request; returns its length, or 0 while it is incomplete.
static size_t request(int fd, struct conn *c) {
  char *end = memmem(c->in, c->in_len, "\r\n\r\n", 4);
  if (!end) return 0;
  size_t head = end + 4 - c->in;
  if (c->in[0] == 'G') {
    static const char answer[] = "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n\r\n";
    send_all(fd, answer, sizeof answer - 1);
    subscribers[subscriber_count++] = fd;
    c->subscribed = 1;
    return head;
  }
  char *field = memmem(c->in, head, "content-length:", 15);
  size_t body = field ? strtoul(field + 15, NULL, 10) : 0;
  if (c->in_len < head + body) return 0;
  add_frame(c->in + head, body);
  static const char answer[] = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
  send_all(fd, answer, sizeof answer - 1);
  return head + body;
}

static void receive(int fd) {
  struct conn *c = &conns[fd];
  if (!c->in) c->in = malloc(IN_BYTES);
  ssize_t got = read(fd, c->in + c->in_len, IN_BYTES - c->in_len);
  if (got == 0 || (got < 0 && errno != EAGAIN)) return hang_up(fd);
  if (got < 0) return;
  c->in_len += got;
  // A subscriber's frames are ignored.
  if (c->subscribed) c->in_len = 0;
  for (size_t used; c->in_len && (used = request(fd, c)); ) {
    memmove(c->in, c->in + used, c->in_len - used);
    c->in_len -= used;
  }
  // A subscriber sends nothing more that has to be kept.
  if (c->subscribed) {
    free(c->in);
    c->in = NULL;
    c->in_len = 0;
  }
}

int main(void) {
  int on = 1;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, 4096)) return 1;
  getsockname(listener, (struct sockaddr *)&address, &size);
  poll_fd = epoll_create1(0);
  watch(listener, EPOLLIN, EPOLL_CTL_ADD);
  printf("listens on http://127.0.0.1:%d\n", ntohs(address.sin_port));
  fflush(stdout);
  for (;;) {
    static struct epoll_event events[1024];
    int count = epoll_wait(poll_fd, events, 1024, -1);
    for (int i = 0; i < count; i++) {
      int fd = events[i].data.fd;
      if (fd == listener) {
        for (int peer; (peer = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0; ) {
          if (peer >= MAX_FDS) return 1;
          setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
          watch(peer, EPOLLIN, EPOLL_CTL_ADD);
        }
        continue;
      }
      if (events[i].events & EPOLLOUT) send_rest(fd);
      if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) receive(fd);
    }
    if (!turn_len) continue;
    for (int i = 0; i < subscriber_count; i++) send_all(subscribers[i], turn, turn_len);
    turn_len = 0;
  }
}
