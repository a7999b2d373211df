/* The two ends of P12 in C: a sender of RTP, and a sink that writes what it receives.
 *
 *   p12_rtp send SECONDS < PORTS     a packet of 20 ms to every port, 50 times a second, evenly spread; where it is
 *                                    held up, all that follows comes so much later, and it tells by how much
 *   p12_rtp sink CALLS SECONDS DIR   epoll and recvmmsg; each call's two streams, placed by timestamp, interleaved a
 *                                    second at a time into a stereo mu-law WAV whose header is right after each write;
 *                                    ends half a second after its standard input
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { SAMPLES = 160, PACKET = 12 + SAMPLES, RATE = 8000, RING = 4 * RATE, AT_ONCE = 64, SLOTS = 20 };

static double now(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return at.tv_sec + at.tv_nsec * 1e-9;
}

static void until(double at) {
  struct timespec when = {(time_t)at, (long)((at - (time_t)at) * 1e9)};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, NULL) == EINTR) {}
}

static void header(unsigned char *packet, unsigned sequence, unsigned stream) {
  uint32_t timestamp = htonl(sequence * SAMPLES), source = htonl(stream + 1);
  uint16_t number = htons(sequence);
  packet[0] = 0x80, packet[1] = 0;
  memcpy(packet + 2, &number, 2);
  memcpy(packet + 4, &timestamp, 4);
  memcpy(packet + 8, &source, 4);
}

static int send_all(double seconds) {
  static struct sockaddr_in to[65536];
  unsigned count = 0, port;
  while (count < 65536 && scanf("%u", &port) == 1) {
    to[count].sin_family = AF_INET, to[count].sin_port = htons(port);
    to[count++].sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  }
  int there = socket(AF_INET, SOCK_DGRAM, 0), big = 1 << 24;
  setsockopt(there, SOL_SOCKET, SO_SNDBUF, &big, sizeof big);
  static unsigned char packets[AT_ONCE][PACKET];
  static struct iovec parts[AT_ONCE];
  static struct mmsghdr messages[AT_ONCE];
  double began = now() + 0.1, late = 0;
  unsigned rounds = (unsigned)(seconds * 50);
  for (unsigned sequence = 0; sequence < rounds; sequence++)
    for (unsigned slot = 0; slot < SLOTS; slot++) {
      double at = began + sequence * 0.02 + slot * 0.02 / SLOTS;
      if (now() < at) until(at);
      else if (now() - at > 0.1) late += now() - at, began += now() - at; /* no burst: the rest comes later, too */
      unsigned stream = (unsigned)((uint64_t)count * slot / SLOTS), end = (unsigned)((uint64_t)count * (slot + 1) / SLOTS);
      while (stream < end) {
        unsigned n = 0;
        for (; n < AT_ONCE && stream < end; n++, stream++) {
          header(packets[n], sequence, stream);
          memset(packets[n] + 12, (stream * 7 + sequence) & 0xff, SAMPLES);
          parts[n] = (struct iovec){packets[n], PACKET};
          messages[n].msg_hdr = (struct msghdr){&to[stream], sizeof to[stream], &parts[n], 1, NULL, 0, 0};
        }
        for (unsigned done = 0; done < n;) {
          int sent = sendmmsg(there, messages + done, n - done, 0);
          if (sent > 0) done += (unsigned)sent;
          else if (errno != EINTR && errno != ENOBUFS) done++;
        }
      }
    }
  printf("{\"sent\": %u, \"late\": %.4f}\n", rounds * count, late);
  return 0;
}

struct stream {
  unsigned char ring[RING];
  uint32_t first, newest;
  int begun;
};

struct call {
  struct stream sides[2];
  int file;
  uint32_t taken;
};

static void put32(unsigned char *to, uint32_t value) { memcpy(to, &value, 4); }

static void write_call(struct call *call, uint32_t samples) {
  static unsigned char frames[2 * RING], head[58] =
      "RIFF    WAVEfmt \x12\0\0\0\7\0\2\0\x40\x1f\0\0\x80\x3e\0\0\2\0\x08\0\0\0fact\4\0\0\0    data    ";
  for (uint32_t i = 0; i < samples; i++)
    for (int side = 0; side < 2; side++) {
      unsigned char *at = &call->sides[side].ring[(call->taken + i) % RING];
      frames[2 * i + side] = *at;
      *at = 0xff;
    }
  uint32_t size = 2 * (call->taken + samples);
  if (pwrite(call->file, frames, 2 * samples, 58 + 2 * call->taken) < 0) perror("pwrite");
  call->taken += samples;
  put32(head + 4, 50 + size), put32(head + 46, call->taken), put32(head + 54, size);
  if (pwrite(call->file, head, sizeof head, 0) < 0) perror("pwrite");
}

static int sink(unsigned count, double seconds, const char *folder) {
  struct call *calls = calloc(count, sizeof *calls);
  int watched = epoll_create1(0), room = 1 << 19;
  for (unsigned i = 0; i < count; i++) {
    char name[4096];
    snprintf(name, sizeof name, "%s/%u.wav", folder, i);
    calls[i].file = open(name, O_CREAT | O_EXCL | O_RDWR, 0600);
    for (int side = 0; side < 2; side++) {
      memset(calls[i].sides[side].ring, 0xff, RING);
      struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
      socklen_t length = sizeof here;
      int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
      setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
      if (fd < 0 || calls[i].file < 0 || bind(fd, (struct sockaddr *)&here, sizeof here)) return perror("open"), 1;
      getsockname(fd, (struct sockaddr *)&here, &length);
      printf("%u\n", ntohs(here.sin_port));
      struct epoll_event event = {.events = EPOLLIN, .data.u64 = (uint64_t)fd << 32 | i << 1 | (unsigned)side};
      epoll_ctl(watched, EPOLL_CTL_ADD, fd, &event);
    }
  }
  printf("\n");
  fflush(stdout);
  static unsigned char packets[AT_ONCE][2048];
  static struct iovec parts[AT_ONCE];
  static struct mmsghdr messages[AT_ONCE];
  static struct epoll_event events[AT_ONCE];
  for (int i = 0; i < AT_ONCE; i++) {
    parts[i] = (struct iovec){packets[i], sizeof packets[i]};
    messages[i].msg_hdr.msg_iov = &parts[i], messages[i].msg_hdr.msg_iovlen = 1;
  }
  double end = now() + seconds, look = 0;
  uint64_t received = 0;
  while (now() < end) {
    int ready = epoll_wait(watched, events, AT_ONCE, 20);
    for (int k = 0; k < ready; k++) {
      int got = recvmmsg((int)(events[k].data.u64 >> 32), messages, AT_ONCE, MSG_DONTWAIT, NULL);
      struct call *call = &calls[(events[k].data.u64 & 0xffffffff) >> 1];
      struct stream *side = &call->sides[events[k].data.u64 & 1];
      for (int n = 0; n < got; n++) {
        uint32_t timestamp;
        if (messages[n].msg_len != PACKET || packets[n][0] != 0x80) continue;
        memcpy(&timestamp, packets[n] + 4, 4);
        timestamp = ntohl(timestamp);
        if (!side->begun) side->begun = 1, side->first = timestamp;
        uint32_t at = timestamp - side->first;
        if (at - call->taken >= RING - SAMPLES) continue; /* late, or far too early */
        uint32_t begin = at % RING, whole = begin + SAMPLES > RING ? RING - begin : SAMPLES;
        memcpy(side->ring + begin, packets[n] + 12, whole);
        memcpy(side->ring, packets[n] + 12 + whole, SAMPLES - whole);
        if (at + SAMPLES > side->newest) side->newest = at + SAMPLES;
        received++;
      }
    }
    double at = now();
    if (at >= look) {
      struct pollfd in = {.fd = 0, .events = POLLIN};
      if (poll(&in, 1, 0) > 0 && at + 0.5 < end) end = at + 0.5;
      look = at + 0.01;
      for (unsigned i = 0; i < count; i++)
        if (calls[i].sides[0].newest > calls[i].taken + RATE + RATE / 5 &&
            calls[i].sides[1].newest > calls[i].taken + RATE + RATE / 5)
          write_call(&calls[i], RATE);
    }
  }
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  double cpu = used.ru_utime.tv_sec + used.ru_stime.tv_sec + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1e-6;
  printf("{\"received\": %llu, \"cpu\": %.4f}\n", (unsigned long long)received, cpu);
  return 0;
}

int main(int count, char **words) {
  if (count == 3 && !strcmp(words[1], "send")) return send_all(atof(words[2]));
  if (count == 5 && !strcmp(words[1], "sink")) return sink((unsigned)atoi(words[2]), atof(words[3]), words[4]);
  fprintf(stderr, "usage: p12_rtp send SECONDS | sink CALLS SECONDS DIR\n");
  return 2;
}
