/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * interfaces [STEP]...: every module of src/kernel against the kernel, with what it should refuse;
 * all steps, or those named. Runs in the director's namespace of tests/lab/topology.sh.
 */
#include <errno.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kernel/attributes.h"
#include "kernel/conntrack.h"
#include "kernel/ctnetlink.h"
#include "kernel/discovery.h"
#include "kernel/expectation.h"
#include "kernel/helper.h"
#include "kernel/ipvs.h"
#include "kernel/ipvs_sync.h"
#include "kernel/probe.h"
#include "kernel/queue.h"
#include "kernel/ruleset.h"
#include "kernel/ruleset_monitor.h"
#include "place.h"

#include <linux/netfilter/nfnetlink.h>

#define QUEUE         2100
#define MANY_SERVICES 4096

static struct netlink *nl;
static struct ruleset *ruleset;
static struct queue *queue;

#define IS(call, wanted) is(call, wanted, #call, __LINE__)
static int failures;

static void is(int result, int wanted, const char *call, int line)
{
	if (result == wanted)
		return;
	failures++;
	printf("line %d: %s gave %d (%s), not %d\n", line, call, result,
	       strerror(result < 0 ? -result : 0), wanted);
	if (result == -EIO)
		printf("%s\n", ruleset_error(ruleset));
}

/* The exit status of a shell command. */
static int shell(const char *command)
{
	const int status = system(command);

	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static long microseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static struct ruleset_plan plan_for(const struct service *services, size_t count)
{
	return (struct ruleset_plan){ .services = services, .service_count = count, .queue_first = QUEUE,
				      .queue_count = 1 };
}

static void test_ruleset(void)
{
	const struct service services[2] = {
		{ .address = place_at("192.0.2.10:21"), .passive_ports = { 50000, 50999 } },
		{ .address = place_at("[2001:db8::10]:21") },
	};
	struct ruleset_plan plan = plan_for(services, 2);
	struct ruleset_monitor *monitor;
	enum ruleset_state state;

	IS(shell("nft flush ruleset"), 0);
	IS(ruleset_present(ruleset, &state), 0);
	IS(state, RULESET_ABSENT);
	IS(ruleset_remove(ruleset), -ENOENT);
	IS(shell("nft -f etc/ftpalgd.nft && nft -f etc/ftpalgd.nft"), 0);
	IS(ruleset_present(ruleset, &state), 0);
	IS(state, RULESET_DECLARED);
	IS(ruleset_monitor_open(&monitor), 0);
	IS(ruleset_apply(ruleset, &plan), 0);
	IS(ruleset_apply(ruleset, &plan), 0);
	IS(ruleset_present(ruleset, &state), 0);
	IS(state, RULESET_EFFECTIVE);
	IS(ruleset_monitor_read(monitor), 0);
	IS(shell("nft -f etc/ftpalgd.nft"), 0);
	IS(shell("nft list table inet ftpalgd | grep -q 'ct id @adjusted tcp flags & syn != syn queue flags bypass to 2100'"),
	   0);
	IS(shell("nft list set inet ftpalgd services6 | grep -q '2001:db8::10 . 21'"), 0);
	IS(ruleset_monitor_read(monitor) >= 0, 1);
	IS(shell("nft add table ip other && nft delete table ip other"), 0);
	IS(ruleset_monitor_read(monitor), 0);
	IS(shell("nft flush ruleset"), 0);
	IS(ruleset_monitor_read(monitor), 1);
	IS(ruleset_monitor_read(monitor), 0);
	plan.queue_count = 4;
	plan.guard = true;
	plan.fresh = true;
	IS(ruleset_apply(ruleset, &plan), 0);
	IS(shell("nft list table inet ftpalgd | grep -q 'jhash ct original proto-src mod 4 seed 0x66747061 offset 2100'"),
	   0);
	IS(ruleset_monitor_read(monitor), 0);
	IS(shell("nft flush chain inet ftpalgd divert"), 0);
	IS(ruleset_monitor_read(monitor), 1);
	IS(shell("nft 'delete table inet ftpalgd; table inet ftpalgd { set services4 { type mark; }; }'"),
	   0);
	plan.fresh = false;
	IS(ruleset_apply(ruleset, &plan), -EIO);
	expect_true(ruleset_error(ruleset)[0] != '\0', "no words on the failure");
	plan.fresh = true;
	IS(ruleset_apply(ruleset, &plan), 0);
	plan.queue_count = 1;
	plan.guard = false;
	IS(ruleset_apply(ruleset, &plan), 0);
	IS(helper_unregister(nl), -EBUSY);
	ruleset_monitor_close(monitor);
}

/* As many as a configuration may hold. Without ranges: those take an emulated machine minutes. */
static struct service *many_services(void)
{
	struct service *services = calloc(MANY_SERVICES, sizeof(*services));

	expect_true(services != NULL, "no memory");
	for (unsigned i = 0; i < MANY_SERVICES; i++) {
		char address[32];

		snprintf(address, sizeof(address), "10.%u.%u.1:21", i / 250, i % 250);
		services[i].address = place_at(address);
	}
	return services;
}

/* What our own load makes the kernel tell is no change by somebody, however much it is. */
static void test_many_services(void)
{
	struct service *services = many_services();
	struct ruleset_plan plan = plan_for(services, MANY_SERVICES);
	const int small = 4096;
	struct ruleset_monitor *monitor;

	plan.fresh = true;
	IS(ruleset_monitor_open(&monitor), 0);
	IS(ruleset_apply(ruleset, &plan), 0);
	IS(ruleset_monitor_read(monitor), RULESET_QUIET);
	IS(setsockopt(ruleset_monitor_fd(monitor), SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)), 0);
	IS(ruleset_apply(ruleset, &plan), 0);
	IS(ruleset_monitor_read(monitor), RULESET_UNKNOWN);
	IS(ruleset_untouched(ruleset), 1);
	IS(shell("nft flush chain inet ftpalgd divert"), 0);
	IS(ruleset_untouched(ruleset), 0);
	ruleset_monitor_close(monitor);
	free(services);
}

static void load(void)
{
	const struct service services[2] = {
		{ .address = place_at("192.0.2.10:21") }, { .address = place_at("[2001:db8::10]:21") },
	};
	struct ruleset_plan plan = plan_for(services, 2);

	plan.fresh = true;
	IS(ruleset_apply(ruleset, &plan), 0);
}

/* The declarations of both, as nft prints them, are the same. */
static void test_declarations(void)
{
	const struct ruleset_plan plan = plan_for(NULL, 0);

	IS(ruleset_apply(ruleset, &plan), 0);
	IS(shell("nft list table inet ftpalgd | sed '/ct helper ftpalgd {/,/}/d; /@/d; /queue flags/d; /jump adopt/d; /notrack/d; /skuid/d; / accept$/d' | "
		 "grep '[a-z]' >/tmp/effective"), 0);
	IS(ruleset_remove(ruleset), 0);
	IS(shell("nft -f etc/ftpalgd.nft && nft list table inet ftpalgd | grep '[a-z]' >/tmp/declared"),
	   0);
	IS(shell("diff /tmp/declared /tmp/effective"), 0);
	load();
	IS(ruleset_strip(ruleset), 0);
	IS(shell("nft list table inet ftpalgd | grep '[a-z]' >/tmp/stripped"), 0);
	IS(shell("diff /tmp/declared /tmp/stripped"), 0);
}

static void test_helper(void)
{
	struct helper_policy policy = { 0, 60 };

	IS(helper_register(nl, &policy), -EINVAL);
	policy.expectations = 8;
	IS(helper_register(nl, &policy), 0);
	IS(helper_unregister(nl), 0);
	IS(helper_unregister(nl), 0);
	IS(helper_register(nl, &policy), 0);
	policy = (struct helper_policy){ 3, 30 };
	IS(helper_register(nl, &policy), 0);
}

static void test_queue(void)
{
	struct queue *other;

	IS(queue_open(QUEUE, 1024, true, &queue), 0);
	IS(queue_open(QUEUE, 1024, true, &other), -EBUSY);
	IS(queue_adopt(0, QUEUE, 1024, true, &other), -ENOTSOCK);
	IS(shell("grep -q '^ *2100 .* 2 65531 ' /proc/net/netfilter/nfnetlink_queue"), 0);
}

/* In the first namespace, which alone has the settings of the whole machine. */
static int machine_shell(const char *command)
{
	char whole[256];

	snprintf(whole, sizeof(whole), "nsenter --net=/proc/1/ns/net sh -c '%s'", command);
	return shell(whole);
}

/* Verdicts gather as far as the queue's own buffer goes, whatever the machine's default is. */
static void test_large_batch(void)
{
	const uint8_t packet[40000] = { 0 };
	struct queue *other;

	IS(machine_shell("sysctl -n net.core.wmem_default >/tmp/wmem && "
			 "sysctl -qw net.core.wmem_default=8192"), 0);
	IS(queue_open(QUEUE + 1, 1024, true, &other), 0);
	IS(machine_shell("sysctl -qw net.core.wmem_default=$(cat /tmp/wmem)"), 0);
	for (uint32_t id = 1; id <= 3; id++)
		IS(queue_rewrite(other, id, packet, sizeof(packet)), 0);
	IS(queue_flush(other), 0);
	queue_close(other);
}

struct session {
	int control[2];
	struct flow flow;
};

#define SOON_MS  300 /* in which nothing must come */
#define LATER_MS 10000

/* What comes may also be the kernel's word on a verdict, which is no packet. */
static int take(struct queue_packet *packets, int wait_ms)
{
	struct pollfd p = { .fd = queue_fd(queue), .events = POLLIN };
	int n = 0;

	while (n == 0 && poll(&p, 1, wait_ms) > 0)
		n = queue_receive(queue, packets, QUEUE_BATCH_MAX, false);
	return n;
}

static int receive(struct queue_packet *packets, int wait_ms)
{
	int n = take(packets, wait_ms);

	for (int i = 0; i < n; i++)
		IS(queue_accept(queue, packets[i].id), 0);
	IS(queue_flush(queue), 0);
	return n;
}

static struct session open_session(const char *vip)
{
	struct queue_packet packets[QUEUE_BATCH_MAX];
	const struct endpoint service = place_at(vip);
	struct session s;

	s.control[0] = place_begin_connect(PLACE_CLIENT, NULL, &service);
	IS(receive(packets, LATER_MS), 1); /* the server's handshake */
	IS(packets[0].direction, FROM_SERVER);
	s.control[0] = place_finish_connect(s.control[0]);
	expect_true(s.control[0] >= 0, "control connection: %s", strerror(-s.control[0]));
	expect_true(send(s.control[0], "NOOP\r\n", 6, 0) == 6, "send");
	IS(receive(packets, LATER_MS), 1);
	IS(packets[0].has_flow, true);
	IS(packets[0].direction, FROM_CLIENT);
	s.flow = packets[0].flow;
	return s;
}

static void close_session(int control)
{
	struct queue_packet packets[QUEUE_BATCH_MAX];

	close(control);
	IS(receive(packets, LATER_MS), 1); /* its reset */
}

static int adopt_elsewhere(int fd)
{
	struct queue *other;
	int status;
	pid_t child = fork();

	if (child == 0)
		_exit(unshare(CLONE_NEWNET) < 0 ? 1 : -queue_adopt(fd, QUEUE, 1024, true, &other));
	waitpid(child, &status, 0);
	return -WEXITSTATUS(status);
}

/* A packet that was received and got no verdict does not stay in the queue. */
static void test_adopted_queue(void)
{
	struct queue_packet packets[QUEUE_BATCH_MAX];
	struct session s = open_session("192.0.2.10:21");
	int fd;

	expect_true(send(s.control[0], "NOOP\r\n", 6, 0) == 6, "send");
	IS(take(packets, LATER_MS), 1);
	fd = queue_release(queue);
	IS(adopt_elsewhere(fd), -EXDEV);
	IS(queue_adopt(fd, QUEUE, 1024, true, &queue), 0);
	expect_true(send(s.control[0], "NOOP\r\n", 6, 0) == 6, "send");
	expect_true(receive(packets, LATER_MS) > 0, "the adopted queue gives no packet");
	while (receive(packets, SOON_MS) > 0) /* what was let go is sent again */
		;
	IS(shell("grep -Eq '^ *2100 +[0-9]+ +0 ' /proc/net/netfilter/nfnetlink_queue"), 0);
	IS((int)queue_counters(queue)->refused, 0);
	close_session(s.control[0]);
}

/* How many expectations of that family conntrack lists whose line has those words. */
static int listed(const struct flow *flow, const char *words)
{
	char command[128], line[32] = "";
	FILE *out;

	snprintf(command, sizeof(command), "conntrack -f ipv%c -L expect 2>/dev/null | grep -c %s",
		 endpoint_is_ipv4(&flow->service) ? '4' : '6', words);
	out = popen(command, "r");
	expect_true(out && fgets(line, sizeof(line), out), "%s", command);
	pclose(out);
	return atoi(line);
}

static void test_expectations(const char *vip)
{
	struct session a = open_session(vip), b = open_session(vip);
	struct expectation e = expectation_passive(&a.flow, 50001);
	struct expectation f = expectation_passive(&b.flow, 50001);

	IS(a.flow.has_helper, true);
	IS(expectation_add(nl, &a.flow, &e), 0);
	IS(expectation_add(nl, &b.flow, &f), -EBUSY);
	IS(expectation_add(nl, &a.flow, &e), 0);
	IS(listed(&a.flow, "dport=50001"), 1);
	IS(expectation_remove(nl, &b.flow, &f), -EBUSY);
	IS(expectation_remove(nl, &a.flow, &e), 0);
	IS(expectation_remove(nl, &a.flow, &e), -ENOENT);
	IS(expectation_add(nl, &b.flow, &f), 0);
	e = expectation_passive_altered(&a.flow, 50002, 40000);
	IS(expectation_add(nl, &a.flow, &e), 0);
	e = expectation_active(&a.flow, 3000);
	IS(expectation_add(nl, &a.flow, &e), 0);
	e = expectation_passive(&a.flow, 50003);
	IS(expectation_add(nl, &a.flow, &e), 0);
	IS(listed(&a.flow, "dport="), 4);
	e = expectation_passive(&a.flow, 50004); /* the fourth of three: the oldest goes */
	IS(expectation_add(nl, &a.flow, &e), 0);
	IS(listed(&a.flow, "dport="), 4);
	IS(listed(&a.flow, "dport=50002"), 0);
	IS(expectation_remove(nl, &a.flow, &e), 0);
	e = expectation_passive(&a.flow, 50003);
	IS(expectation_remove(nl, &a.flow, &e), 0);
	e = expectation_active(&a.flow, 3000);
	IS(expectation_remove(nl, &a.flow, &e), 0);
	IS(expectation_remove(nl, &b.flow, &f), 0);
	IS(listed(&a.flow, "dport="), 0);
	a.flow.client.port ^= 1;
	IS(conntrack_is_established(nl, &a.flow), 0);
	e = expectation_passive(&a.flow, 50005);
	IS(expectation_add(nl, &a.flow, &e), -ENOENT);
	IS(conntrack_make_liberal(nl, &a.flow), -ENOENT);
	close_session(a.control[0]);
	close_session(b.control[0]);
}

static int read_liberal(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attr[CTA_MAX + 1], *info[CTA_PROTOINFO_MAX + 1],
		*tcp[CTA_PROTOINFO_TCP_MAX + 1];
	struct nf_ct_tcp_flags { uint8_t flags, mask; } flags;
	int *liberal = data;

	attributes_of_message(nlh, sizeof(struct nfgenmsg), attr, CTA_MAX + 1);
	attributes_in(attr[CTA_PROTOINFO], info, CTA_PROTOINFO_MAX + 1);
	attributes_in(info[CTA_PROTOINFO_TCP], tcp, CTA_PROTOINFO_TCP_MAX + 1);
	for (int i = CTA_PROTOINFO_TCP_FLAGS_ORIGINAL; i <= CTA_PROTOINFO_TCP_FLAGS_REPLY; i++)
		*liberal += attribute_get(tcp[i], &flags, sizeof(flags)) && flags.flags & 8;
	return 0;
}

static int liberal_directions(const struct flow *flow)
{
	uint8_t buffer[NETLINK_REQUEST_MAX] __attribute__((aligned(4)));
	const uint8_t family = endpoint_is_ipv4(&flow->service) ? AF_INET : AF_INET6;
	struct nlmsghdr *nlh = netlink_nfnl_put(buffer, NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_GET, 0,
						family);
	int liberal = 0;

	ctnetlink_put_tuple(nlh, CTA_TUPLE_ORIG, &flow->client, &flow->service);
	IS(netlink_query(nl, nlh, read_liberal, &liberal), 0);
	return liberal;
}

static void test_adjusted(const char *vip)
{
	struct queue_packet packets[QUEUE_BATCH_MAX];
	struct session s = open_session(vip);
	long since, once;

	IS(conntrack_is_established(nl, &s.flow), 1);
	IS(liberal_directions(&s.flow), 0);
	IS(conntrack_make_liberal(nl, &s.flow), 0);
	IS(conntrack_make_liberal(nl, &s.flow), 0);
	IS(liberal_directions(&s.flow), 2);
	expect_true(send(s.control[0], "NOOP\r\n", 6, 0) == 6, "send");
	IS(receive(packets, LATER_MS), 1);
	IS(receive(packets, SOON_MS), 0); /* the acknowledgement */
	IS(ruleset_mark_adjusted(ruleset, &s.flow), 0);
	IS(ruleset_mark_adjusted(ruleset, &s.flow), 0);
	expect_true(send(s.control[0], "NOOP\r\n", 6, 0) == 6, "send");
	IS(receive(packets, LATER_MS), 1);
	IS(receive(packets, LATER_MS), 1);
	IS(packets[0].direction, FROM_SERVER);
	IS(ruleset_unmark_adjusted(ruleset, &s.flow), 0);
	IS(ruleset_unmark_adjusted(ruleset, &s.flow), 0);
	expect_true(send(s.control[0], "NOOP\r\n", 6, 0) == 6, "send");
	IS(receive(packets, LATER_MS), 1);
	IS(receive(packets, SOON_MS), 0);
	since = microseconds();
	for (int i = 0; i < 10; i++) {
		IS(ruleset_mark_adjusted(ruleset, &s.flow), 0);
		IS(ruleset_unmark_adjusted(ruleset, &s.flow), 0);
	}
	once = (microseconds() - since) / 20;
	printf("a mark takes %ld us\n", once);
	close_session(s.control[0]);
}

static void test_no_helper(const char *vip)
{
	const struct service service = { .address = place_at(vip) };
	const struct ruleset_plan plan = plan_for(&service, 1);
	const struct endpoint address = place_at(vip);
	const struct flow unknown = { .service = address, .client = place_at("192.0.2.99:9") };
	struct queue_packet packets[QUEUE_BATCH_MAX];
	struct expectation e;
	int control;

	IS(shell("nft flush ruleset"), 0);
	control = place_connect(PLACE_CLIENT, NULL, &address);
	expect_true(control >= 0, "control connection: %s", strerror(-control));
	IS(ruleset_apply(ruleset, &plan), 0);
	expect_true(send(control, "NOOP\r\n", 6, 0) == 6, "send");
	IS(receive(packets, LATER_MS), 1);
	IS(packets[0].flow.has_helper, false);
	e = expectation_passive(&packets[0].flow, 50006);
	IS(expectation_add(nl, &packets[0].flow, &e), -EOPNOTSUPP);
	IS(conntrack_make_liberal(nl, &unknown), -ENOENT);
	close_session(control);
}

static int count_service(const struct ipvs_service *service, void *data)
{
	int *count = data;

	expect_true(service->servers >= 1, "a service without servers");
	*count += (int)service->masquerading;
	return 0;
}

static bool taken(const struct discovery *d, const char *text)
{
	const struct endpoint e = place_at(text);

	return bsearch(&e, d->taken.list, d->taken.count, sizeof(e), endpoint_compare) != NULL;
}

static int listen_at(const char *text, int v6only)
{
	const struct endpoint e = place_at(text);
	const struct sockaddr_in6 address = {
		.sin6_family = AF_INET6, .sin6_port = htons(e.port), .sin6_addr = e.addr,
	};
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	IS(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6only, sizeof(v6only)), 0);
	IS(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	IS(listen(fd, 1), 0);
	return fd;
}

/* Beside the services of the topology there is one by mark, with a server, and 503 more. */
static void test_discovery(struct ipvs *ipvs)
{
	struct discovery first, second;
	struct netlink *diag;
	int sockets[3];
	long since;

	IS(shell("ipvsadm -a -f 5 -r 10.0.0.3:8443 -m"), 0);
	sockets[0] = listen_at("[::]:7001", 0);
	sockets[1] = listen_at("[::]:7002", 1);
	sockets[2] = listen_at("[::1]:7003", 1);
	IS(netlink_open(NETLINK_SOCK_DIAG, &diag), 0);
	since = microseconds();
	IS(discovery_run(ipvs, diag, NULL, 1, &first), 0);
	printf("what is taken by 503 services takes %ld us\n", microseconds() - since);
	IS(first.listeners_error, 0);
	IS((int)first.services.count, 2);
	IS(taken(&first, "192.0.2.10:21"), true);
	IS(taken(&first, "192.0.2.10:80"), true);
	IS(taken(&first, "192.0.2.10:1500"), true);
	IS(taken(&first, "10.0.0.2:1500"), true);
	IS(taken(&first, "10.0.0.3:8443"), true);
	IS(taken(&first, "[::]:7001"), true);
	IS(taken(&first, "0.0.0.0:7001"), true);
	IS(taken(&first, "[::]:7002"), true);
	IS(taken(&first, "0.0.0.0:7002"), false);
	IS(taken(&first, "[::1]:7003"), false);
	for (int i = 0; i < 3; i++)
		close(sockets[i]);
	IS(discovery_run(ipvs, diag, &first, 3, &second), 0);
	IS(sightings_equal(&first.taken, &second.taken), true);
	discovery_free(&first);
	IS(discovery_run(ipvs, diag, &second, 12, &first), 0);
	IS(taken(&first, "0.0.0.0:7001"), true);
	discovery_free(&second);
	IS(discovery_run(ipvs, diag, &first, 13, &second), 0);
	IS(taken(&second, "0.0.0.0:7001"), false);
	IS(taken(&second, "10.0.0.3:8443"), true);
	discovery_free(&first);
	discovery_free(&second);
	netlink_close(diag);
}

static void test_ipvs(void)
{
	struct ipvs *ipvs;
	const struct ipvs_thread place = { .interface = "lo", .id = 3 }, nowhere = { .interface = "nowhere" };
	struct ipvs_thread backup;
	int count = 0;
	long since;

	IS(ipvs_open(&ipvs), 0);
	IS(shell("ipvsadm -A -f 5 && ipvsadm -A -u 192.0.2.10:21 && ipvsadm -A -t 192.0.2.10:80 && "
		 "ipvsadm -a -t 192.0.2.10:80 -r 10.0.0.2 -g"), 0);
	IS(ipvs_services(ipvs, 21, count_service, &count), 0);
	IS(count, 4);
	IS(shell("seq -f 192.0.2.10:%g 1001 1500 | sed 's/.*/-A -t &\\n-a -t & -r 10.0.0.2 -m/' | "
		 "ipvsadm -R"), 0);
	since = microseconds();
	count = 0;
	IS(ipvs_services(ipvs, 0, count_service, &count), 0);
	IS(count, 504);
	printf("503 services with their servers take %ld us\n", microseconds() - since);
	since = microseconds();
	IS(ipvs_services(ipvs, 21, count_service, &count), 0);
	printf("2 of 503 services take %ld us\n", microseconds() - since);
	test_discovery(ipvs);
	IS(ipvs_backup_get(ipvs, &backup), -ESRCH);
	IS(ipvs_backup_stop(ipvs), -ESRCH);
	IS(ipvs_backup_start(ipvs, &nowhere), -ENODEV);
	IS(ipvs_backup_start(ipvs, &place), 0);
	IS(ipvs_backup_start(ipvs, &place), -EEXIST);
	IS(ipvs_backup_get(ipvs, &backup), 0);
	IS(strcmp(backup.interface, "lo"), 0);
	IS(backup.id, 3);
	IS(backup.group.port, 8848);
	printf("backup: max_length %u ttl %u\n", backup.max_length, backup.ttl);
	IS(ipvs_backup_stop(ipvs), 0);
	for (int i = 0; i < 5; i++) { /* mostly before the thread has run */
		IS(ipvs_backup_start(ipvs, &place), 0);
		IS(ipvs_backup_stop(ipvs), 0);
	}
	ipvs_close(ipvs);
}

static void wait_settled(struct ipvs_sync *sync, uint64_t ticket)
{
	const long since = microseconds();
	int settled;

	do {
		settled = ipvs_sync_settled(sync, ticket);
		usleep(100);
	} while (settled == 0 && microseconds() - since < 10000000);
	IS(settled, 1);
}

static struct flow example(bool ipv4)
{
	return (struct flow){
		.client = place_at(ipv4 ? "198.51.100.2:1000" : "[2001:db8:1::2]:1000"),
		.service = place_at(ipv4 ? "192.0.2.10:21" : "[2001:db8::10]:21"),
		.server = place_at(ipv4 ? "10.0.0.2:21" : "[fd00::2]:21"),
	};
}

static void test_sync(const char *start)
{
	const struct flow flow = example(true), flow6 = example(false);
	struct ipvs_entry entries[120];
	struct ipvs_thread backup;
	struct ipvs_sync *sync, *older;
	struct ipvs *ipvs;
	uint64_t ticket, second;

	IS(shell(start), 0);
	IS(ipvs_open(&ipvs), 0);
	IS(ipvs_backup_get(ipvs, &backup), 0);
	IS(ipvs_sync_open(&backup, &older), 0);
	IS(ipvs_sync_open(&backup, &sync), 0);
	for (uint16_t i = 0; i < 120; i++)
		entries[i] = ipvs_entry_passive(i % 2 ? &flow6 : &flow, (uint16_t)(51000 + i),
						(uint16_t)(41000 + i), 60);
	IS(ipvs_sync_send(sync, entries, 120, &ticket), 0);
	IS(ipvs_sync_send(older, entries, 1, &second), 0);
	wait_settled(sync, ticket);
	wait_settled(older, second);
	IS(shell("n=$(ipvsadm -Lnc | grep -c LISTEN); test $n = 120 || "
		 "{ echo $n entries; ipvsadm -Lnc | head -5; exit 1; }"), 0);
	IS(shell("ipvsadm -Lnc | grep -q '2001:db8:1::2]:0  *.2001:db8::10]:51119 *.fd00::2]:41119'"), 0);
	for (size_t i = 0; i < 120; i++)
		entries[i].seconds = 1;
	IS(ipvs_sync_send(sync, entries, 120, &ticket), 0);
	wait_settled(sync, ticket);
	sleep(3);
	IS(shell("ipvsadm -Lnc | grep -q LISTEN"), 1);
	IS(ipvs_backup_stop(ipvs), 0);
	IS(ipvs_sync_send(sync, entries, 1, &ticket), 0);
	IS(ipvs_sync_settled(sync, ticket), -ESTALE);
	ipvs_sync_close(sync);
	ipvs_sync_close(older);
	IS(ipvs_sync_open(&backup, &sync), -ENOENT);
	ipvs_close(ipvs);
}

static void test_filtered_sync(void)
{
	const struct flow flow = example(true);
	const struct ipvs_entry entry = ipvs_entry_passive(&flow, 51000, 41000, 60);
	struct ipvs_thread backup;
	struct ipvs_sync *sync;
	struct ipvs *ipvs;
	uint64_t ticket;
	int settled;

	IS(shell("ipvsadm --start-daemon backup --mcast-interface lo --syncid 1"), 0);
	IS(shell("nft 'table ip block { chain c { type filter hook input priority 0; "
		 "udp dport 8848 drop; }; }'"), 0);
	IS(ipvs_open(&ipvs), 0);
	IS(ipvs_backup_get(ipvs, &backup), 0);
	IS(ipvs_sync_open(&backup, &sync), 0);
	IS(ipvs_sync_send(sync, &entry, 1, &ticket), 0);
	do {
		settled = ipvs_sync_settled(sync, ticket);
		usleep(1000);
	} while (settled == 0);
	IS(settled, -ETIMEDOUT);
	IS(shell("nft delete table ip block"), 0);
	IS(ipvs_sync_send(sync, &entry, 1, &ticket), 0);
	wait_settled(sync, ticket);
	ipvs_sync_close(sync);
	IS(ipvs_backup_stop(ipvs), 0);
	ipvs_close(ipvs);
}

static void test_probe(void)
{
	bool found[PROBE_FINDINGS];

	probe_run(1, found);
	for (int i = 0; i < PROBE_FINDINGS; i++)
		expect_true(!found[i], "found: %s", probe_text((enum probe_finding)i)->what);
	IS(shell("sysctl -qw net.ipv4.vs.conntrack=0 net.ipv4.vs.backup_only=1 net.ipv4.ip_forward=0 "
		 "net.ipv6.conf.all.forwarding=0 && modprobe ip_vs_ftp"), 0);
	probe_run(1000000000, found);
	for (int i = PROBE_VS_CONNTRACK; i < PROBE_FINDINGS; i++)
		expect_true(found[i], "not found: %s", probe_text((enum probe_finding)i)->what);
	IS(found[PROBE_NO_NET_ADMIN], false);
	IS(shell("sysctl -qw net.ipv4.vs.conntrack=1 net.ipv4.vs.backup_only=0 net.ipv4.ip_forward=1 "
		 "net.ipv6.conf.all.forwarding=1 && modprobe -r ip_vs_ftp"), 0);
}

static void test_no_privilege(void)
{
	bool found[PROBE_FINDINGS];
	struct queue *q;
	const pid_t child = fork();
	int status;

	if (child == 0) {
		struct netlink *own;
		const struct helper_policy policy = { 8, 60 };
		const struct flow flow = { .id = 1 };
		struct ruleset *other;

		IS(setgid(65534) | setuid(65534), 0);
		IS(netlink_open(NETLINK_NETFILTER, &own), 0);
		IS(queue_open(QUEUE + 1, 1024, true, &q), -EPERM);
		IS(queue_open(QUEUE, 1024, true, &q), -EPERM);
		IS(helper_register(own, &policy), -EPERM);
		IS(ruleset_open(&other), 0);
		IS(ruleset_mark_adjusted(other, &flow), -EPERM);
		probe_run(1, found);
		IS(found[PROBE_NO_NET_ADMIN], true);
		_exit(failures != 0);
	}
	waitpid(child, &status, 0);
	IS(status, 0);
}

static void both_families(void (*test)(const char *vip))
{
	test("192.0.2.10:21");
	test("[2001:db8::10]:21");
}

static void test_all_expectations(void)
{
	both_families(test_expectations);
}

static void test_all_adjusted(void)
{
	both_families(test_adjusted);
	both_families(test_no_helper);
}

static void test_sync_on_loopback(void)
{
	test_sync("ipvsadm --start-daemon backup --mcast-interface lo --syncid 9");
}

static void test_sync_on_network(void)
{
	test_sync("ipvsadm --start-daemon backup --mcast-interface inside --syncid 0");
}

static void test_sync_to_ipv6_group(void)
{
	test_sync("ipvsadm --start-daemon backup --mcast-interface inside --mcast-group ff05::51 "
		  "--mcast-port 9000 --sync-maxlen 1200");
}

static const struct {
	const char *name;
	void (*run)(void);
} steps[] = {
	{ "probe", test_probe },
	{ "ruleset", test_ruleset },
	{ "privilege", test_no_privilege },
	{ "batch", test_large_batch },
	{ "adopted", test_adopted_queue },
	{ "expectations", test_all_expectations },
	{ "adjusted", test_all_adjusted },
	{ "ipvs", test_ipvs },
	{ "sync-loopback", test_sync_on_loopback },
	{ "sync-network", test_sync_on_network },
	{ "sync-ipv6", test_sync_to_ipv6_group },
	{ "sync-filtered", test_filtered_sync },
	{ "declarations", test_declarations },
	{ "many", test_many_services },
};

static void listen_for_control(void)
{
	static const char *const servers[] = { "10.0.0.2:21", "[fd00::2]:21", "10.0.0.3:21",
					       "[fd00::3]:21" };

	for (int i = 0; i < 4; i++) {
		const struct endpoint address = place_at(servers[i]);

		place_listen(i < 2 ? PLACE_RS1 : PLACE_RS2, &address);
	}
}

static bool wanted(const char *name, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return true;
	return argc == 1;
}

int main(int argc, char **argv)
{
	place_init();
	listen_for_control();
	IS(netlink_open(NETLINK_NETFILTER, &nl), 0);
	IS(ruleset_open(&ruleset), 0);
	test_helper();
	test_queue();
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		if (!wanted(steps[i].name, argc, argv))
			continue;
		printf("- %s\n", steps[i].name);
		if (strcmp(steps[i].name, "ruleset") != 0)
			load();
		steps[i].run();
	}
	IS(ruleset_remove(ruleset), 0);
	IS(helper_withdraw(nl), 0);
	queue_close(queue);
	ruleset_close(ruleset);
	netlink_close(nl);
	return failures != 0;
}
