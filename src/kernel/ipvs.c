/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/ipvs.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/ip_vs.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/attributes.h"
#include "kernel/netlink.h"

#define DUMP_TRIES 5 /* a dump is overtaken by changes: rarely twice */

struct ipvs {
	struct netlink *nl;
	uint16_t family;
};

#define BUFFER(name) uint8_t name[NETLINK_REQUEST_MAX] __attribute__((aligned(NLMSG_ALIGNTO)))

static struct nlmsghdr *put_command(void *buffer, uint16_t family, uint8_t command, uint8_t version,
				    uint16_t flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);
	struct genlmsghdr *genl;

	nlh->nlmsg_type = family;
	nlh->nlmsg_flags = flags;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = command;
	genl->version = version;
	return nlh;
}

static struct nlmsghdr *put_ipvs_command(const struct ipvs *ipvs, void *buffer, uint8_t command,
					 uint16_t flags)
{
	return put_command(buffer, ipvs->family, command, IPVS_GENL_VERSION, flags);
}

static int read_family(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attr[CTRL_ATTR_MAX + 1];
	uint16_t *family = data;

	attributes_of_message(nlh, sizeof(struct genlmsghdr), attr, CTRL_ATTR_MAX + 1);
	return attribute_get(attr[CTRL_ATTR_FAMILY_ID], family, sizeof(*family)) ? 0 : -EPROTO;
}

static int resolve_family(struct ipvs *ipvs)
{
	BUFFER(buffer);
	struct nlmsghdr *nlh = put_command(buffer, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1, 0);

	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, IPVS_GENL_NAME);
	return netlink_query(ipvs->nl, nlh, read_family, &ipvs->family);
}

int ipvs_open(struct ipvs **ipvs)
{
	struct ipvs *new = calloc(1, sizeof(*new));
	int err;

	if (!new)
		return -ENOMEM;
	err = netlink_open(NETLINK_GENERIC, &new->nl);
	if (err == 0)
		err = resolve_family(new);
	if (err < 0) {
		ipvs_close(new);
		return err;
	}
	*ipvs = new;
	return 0;
}

void ipvs_close(struct ipvs *ipvs)
{
	if (!ipvs)
		return;
	netlink_close(ipvs->nl);
	free(ipvs);
}

struct service_list {
	struct ipvs_service *services;
	size_t count, room;
	uint16_t port;
};

/* IPVS keeps an IPv4 address in the first bytes of sixteen. */
static bool read_address(const struct nlattr *attr, uint16_t family, uint16_t network_port,
			 struct endpoint *e)
{
	struct in6_addr addr;
	struct in_addr ipv4;

	if (!attribute_get(attr, &addr, sizeof(addr)))
		return false;
	memcpy(&ipv4, &addr, sizeof(ipv4));
	if (family == AF_INET)
		*e = endpoint_from_ipv4(ipv4, ntohs(network_port));
	else
		*e = endpoint_from_ipv6(&addr, ntohs(network_port));
	return family == AF_INET || family == AF_INET6;
}

static bool read_marked(uint16_t family, struct ipvs_service *service)
{
	const struct in_addr any = { INADDR_ANY };

	service->address = family == AF_INET ? endpoint_from_ipv4(any, 0)
					     : endpoint_from_ipv6(&in6addr_any, 0);
	return family == AF_INET || family == AF_INET6;
}

static bool read_service(const struct nlattr *nest, struct ipvs_service *service)
{
	const struct nlattr *attr[IPVS_SVC_ATTR_MAX + 1];
	uint16_t family, protocol, port;

	attributes_in(nest, attr, IPVS_SVC_ATTR_MAX + 1);
	if (!attribute_get(attr[IPVS_SVC_ATTR_AF], &family, sizeof(family)))
		return false;
	if (attribute_get(attr[IPVS_SVC_ATTR_FWMARK], &service->mark, sizeof(service->mark)) &&
	    service->mark != 0)
		return read_marked(family, service);
	return attribute_get(attr[IPVS_SVC_ATTR_PROTOCOL], &protocol, sizeof(protocol)) &&
	       protocol == IPPROTO_TCP &&
	       attribute_get(attr[IPVS_SVC_ATTR_PORT], &port, sizeof(port)) &&
	       read_address(attr[IPVS_SVC_ATTR_ADDR], family, port, &service->address);
}

static int append_service(struct service_list *list, const struct ipvs_service *service)
{
	if (list->count == list->room) {
		const size_t room = list->room ? 2 * list->room : 64;
		void *grown = reallocarray(list->services, room, sizeof(*service));

		if (!grown)
			return -ENOMEM;
		list->services = grown;
		list->room = room;
	}
	list->services[list->count++] = *service;
	return 0;
}

static int list_service(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attr[IPVS_CMD_ATTR_MAX + 1];
	struct service_list *list = data;
	struct ipvs_service service = { .servers = 0 };

	attributes_of_message(nlh, sizeof(struct genlmsghdr), attr, IPVS_CMD_ATTR_MAX + 1);
	if (!read_service(attr[IPVS_CMD_ATTR_SERVICE], &service))
		return 0;
	if (list->port && service.address.port != list->port)
		return 0;
	return append_service(list, &service);
}

struct server {
	struct endpoint address;
	bool masquerading;
};

struct server_list {
	uint16_t family; /* of the service, for kernels that do not say the server's */
	struct server *servers;
	size_t count, room;
};

static int append_server(struct server_list *list, const struct server *server)
{
	if (list->count == list->room) {
		const size_t room = list->room > 0 ? 2 * list->room : 16;
		void *grown = reallocarray(list->servers, room, sizeof(*server));

		if (grown == NULL)
			return -ENOMEM;
		list->servers = grown;
		list->room = room;
	}
	list->servers[list->count++] = *server;
	return 0;
}

static int list_server(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attr[IPVS_CMD_ATTR_MAX + 1], *dest[IPVS_DEST_ATTR_MAX + 1];
	struct server_list *list = data;
	struct server server;
	uint16_t family, port;
	uint32_t method;

	attributes_of_message(nlh, sizeof(struct genlmsghdr), attr, IPVS_CMD_ATTR_MAX + 1);
	attributes_in(attr[IPVS_CMD_ATTR_DEST], dest, IPVS_DEST_ATTR_MAX + 1);
	if (!attribute_get(dest[IPVS_DEST_ATTR_ADDR_FAMILY], &family, sizeof(family)))
		family = list->family;
	if (!attribute_get(dest[IPVS_DEST_ATTR_FWD_METHOD], &method, sizeof(method)) ||
	    !attribute_get(dest[IPVS_DEST_ATTR_PORT], &port, sizeof(port)) ||
	    !read_address(dest[IPVS_DEST_ATTR_ADDR], family, port, &server.address))
		return 0;
	server.masquerading = (method & IP_VS_CONN_F_FWD_MASK) == IP_VS_CONN_F_MASQ;
	return append_server(list, &server);
}

static void put_address(struct nlmsghdr *nlh, const struct endpoint *address)
{
	struct in_addr addr = endpoint_ipv4(address);

	mnl_attr_put_u16(nlh, IPVS_SVC_ATTR_PROTOCOL, IPPROTO_TCP);
	if (endpoint_is_ipv4(address))
		mnl_attr_put(nlh, IPVS_SVC_ATTR_ADDR, sizeof(addr), &addr);
	else
		mnl_attr_put(nlh, IPVS_SVC_ATTR_ADDR, sizeof(address->addr), &address->addr);
	mnl_attr_put_u16(nlh, IPVS_SVC_ATTR_PORT, htons(address->port));
}

static uint16_t family_of(const struct ipvs_service *service)
{
	return endpoint_is_ipv4(&service->address) ? AF_INET : AF_INET6;
}

static void put_service(struct nlmsghdr *nlh, const struct ipvs_service *service)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, IPVS_CMD_ATTR_SERVICE);

	mnl_attr_put_u16(nlh, IPVS_SVC_ATTR_AF, family_of(service));
	if (service->mark != 0)
		mnl_attr_put_u32(nlh, IPVS_SVC_ATTR_FWMARK, service->mark);
	else
		put_address(nlh, &service->address);
	mnl_attr_nest_end(nlh, nest);
}

static int list_servers(struct ipvs *ipvs, const struct ipvs_service *service,
			struct server_list *list)
{
	BUFFER(buffer);
	struct nlmsghdr *nlh;
	int err = -EINTR;

	for (int tries = 0; tries < DUMP_TRIES && err == -EINTR; tries++) {
		list->count = 0;
		nlh = put_ipvs_command(ipvs, buffer, IPVS_CMD_GET_DEST, NLM_F_DUMP);
		put_service(nlh, service);
		err = netlink_query(ipvs->nl, nlh, list_server, list);
	}
	return err;
}

int ipvs_servers(struct ipvs *ipvs, const struct ipvs_service *service, ipvs_server_seen *cb,
		 void *data)
{
	struct server_list list = { .family = family_of(service) };
	int result = list_servers(ipvs, service, &list);

	for (size_t i = 0; i < list.count && result == 0; i++)
		result = cb(&list.servers[i].address, list.servers[i].masquerading, data);
	free(list.servers);
	return result;
}

static int count_server(const struct endpoint *server, bool masquerading, void *data)
{
	struct ipvs_service *service = data;

	(void)server;
	service->servers++;
	service->masquerading += masquerading;
	return 0;
}

static int list_services(struct ipvs *ipvs, struct service_list *list)
{
	BUFFER(buffer);
	int err = -EINTR;

	for (int tries = 0; tries < DUMP_TRIES && err == -EINTR; tries++) {
		list->count = 0;
		err = netlink_query(ipvs->nl,
				    put_ipvs_command(ipvs, buffer, IPVS_CMD_GET_SERVICE, NLM_F_DUMP),
				    list_service, list);
	}
	return err;
}

int ipvs_services(struct ipvs *ipvs, uint16_t port, ipvs_service_seen *cb, void *data)
{
	struct service_list list = { .port = port };
	int result = list_services(ipvs, &list);

	for (size_t i = 0; i < list.count && result == 0; i++) {
		if (list.services[i].mark != 0)
			continue;
		result = ipvs_servers(ipvs, &list.services[i], count_server, &list.services[i]);
		if (result == -ESRCH || result == -ENOENT)
			result = 0; /* deleted meanwhile */
		else if (result == 0)
			result = cb(&list.services[i], data);
	}
	free(list.services);
	return result;
}

int ipvs_list(struct ipvs *ipvs, ipvs_service_seen *cb, void *data)
{
	struct service_list list = { .port = 0 };
	int result = list_services(ipvs, &list);

	for (size_t i = 0; i < list.count && result == 0; i++)
		result = cb(&list.services[i], data);
	free(list.services);
	return result;
}

static int see_timeout(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attr[IPVS_CMD_ATTR_MAX + 1];

	attributes_of_message(nlh, sizeof(struct genlmsghdr), attr, IPVS_CMD_ATTR_MAX + 1);
	return attribute_get(attr[IPVS_CMD_ATTR_TIMEOUT_TCP], data, sizeof(uint32_t)) ? 0 : -EPROTO;
}

int ipvs_tcp_timeout(struct ipvs *ipvs, uint32_t *seconds)
{
	BUFFER(buffer);

	return netlink_query(ipvs->nl, put_ipvs_command(ipvs, buffer, IPVS_CMD_GET_CONFIG, 0),
			     see_timeout, seconds);
}

static bool read_group(const struct nlattr *const *attr, struct endpoint *group)
{
	struct in6_addr ipv6;
	struct in_addr ipv4;
	uint16_t port;

	if (!attribute_get(attr[IPVS_DAEMON_ATTR_MCAST_PORT], &port, sizeof(port)))
		return false;
	if (attribute_get(attr[IPVS_DAEMON_ATTR_MCAST_GROUP], &ipv4, sizeof(ipv4)))
		*group = endpoint_from_ipv4(ipv4, port);
	else if (attribute_get(attr[IPVS_DAEMON_ATTR_MCAST_GROUP6], &ipv6, sizeof(ipv6)))
		*group = endpoint_from_ipv6(&ipv6, port);
	else
		return false;
	return true;
}

static bool read_interface(const struct nlattr *attr, char interface[static IF_NAMESIZE])
{
	size_t length;

	if (!attr)
		return false;
	length = strnlen(mnl_attr_get_payload(attr), mnl_attr_get_payload_len(attr));
	if (length >= IF_NAMESIZE)
		return false;
	memcpy(interface, mnl_attr_get_payload(attr), length);
	interface[length] = '\0';
	return true;
}

static bool read_thread(const struct nlattr *const *attr, struct ipvs_thread *t)
{
	uint32_t id;

	if (!attribute_get(attr[IPVS_DAEMON_ATTR_SYNC_ID], &id, sizeof(id)) ||
	    !attribute_get(attr[IPVS_DAEMON_ATTR_SYNC_MAXLEN], &t->max_length, sizeof(t->max_length)) ||
	    !attribute_get(attr[IPVS_DAEMON_ATTR_MCAST_TTL], &t->ttl, sizeof(t->ttl)) ||
	    !read_interface(attr[IPVS_DAEMON_ATTR_MCAST_IFN], t->interface) ||
	    !read_group(attr, &t->group))
		return false;
	t->id = (uint8_t)id;
	return true;
}

static int see_thread(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *top[IPVS_CMD_ATTR_MAX + 1], *attr[IPVS_DAEMON_ATTR_MAX + 1];
	struct ipvs_threads *threads = data;
	struct ipvs_thread thread;
	uint32_t state;

	attributes_of_message(nlh, sizeof(struct genlmsghdr), top, IPVS_CMD_ATTR_MAX + 1);
	attributes_in(top[IPVS_CMD_ATTR_DAEMON], attr, IPVS_DAEMON_ATTR_MAX + 1);
	if (!attribute_get(attr[IPVS_DAEMON_ATTR_STATE], &state, sizeof(state)))
		return 0;
	if (!read_thread(attr, &thread))
		return -EPROTO;
	if (state == IP_VS_STATE_BACKUP) {
		threads->backup = thread;
		threads->has_backup = true;
	} else if (state == IP_VS_STATE_MASTER) {
		threads->master = thread;
		threads->has_master = true;
	}
	return 0;
}

int ipvs_threads_get(struct ipvs *ipvs, struct ipvs_threads *threads)
{
	BUFFER(buffer);
	struct ipvs_threads seen = { .has_master = false };
	int err = netlink_query(ipvs->nl,
				put_ipvs_command(ipvs, buffer, IPVS_CMD_GET_DAEMON, NLM_F_DUMP),
				see_thread, &seen);

	if (err == 0)
		*threads = seen;
	return err;
}

int ipvs_backup_get(struct ipvs *ipvs, struct ipvs_thread *backup)
{
	struct ipvs_threads threads;
	int err = ipvs_threads_get(ipvs, &threads);

	if (err < 0)
		return err;
	if (!threads.has_backup)
		return -ESRCH;
	*backup = threads.backup;
	return 0;
}

static void put_group(struct nlmsghdr *nlh, const struct endpoint *group)
{
	struct in_addr ipv4 = endpoint_ipv4(group);

	if (group->port == 0)
		return;
	if (endpoint_is_ipv4(group))
		mnl_attr_put_u32(nlh, IPVS_DAEMON_ATTR_MCAST_GROUP, ipv4.s_addr);
	else
		mnl_attr_put(nlh, IPVS_DAEMON_ATTR_MCAST_GROUP6, sizeof(group->addr), &group->addr);
	mnl_attr_put_u16(nlh, IPVS_DAEMON_ATTR_MCAST_PORT, group->port);
}

int ipvs_backup_start(struct ipvs *ipvs, const struct ipvs_thread *like)
{
	BUFFER(buffer);
	struct nlmsghdr *nlh = put_ipvs_command(ipvs, buffer, IPVS_CMD_NEW_DAEMON, 0);
	struct nlattr *nest;

	nest = mnl_attr_nest_start(nlh, IPVS_CMD_ATTR_DAEMON);
	mnl_attr_put_u32(nlh, IPVS_DAEMON_ATTR_STATE, IP_VS_STATE_BACKUP);
	mnl_attr_put_strz(nlh, IPVS_DAEMON_ATTR_MCAST_IFN, like->interface);
	mnl_attr_put_u32(nlh, IPVS_DAEMON_ATTR_SYNC_ID, like->id);
	put_group(nlh, &like->group);
	mnl_attr_nest_end(nlh, nest);
	return netlink_request(ipvs->nl, nlh);
}

int ipvs_backup_stop(struct ipvs *ipvs)
{
	BUFFER(buffer);
	struct nlmsghdr *nlh = put_ipvs_command(ipvs, buffer, IPVS_CMD_DEL_DAEMON, 0);
	struct nlattr *nest = mnl_attr_nest_start(nlh, IPVS_CMD_ATTR_DAEMON);

	struct ipvs_thread still;
	int err;

	mnl_attr_put_u32(nlh, IPVS_DAEMON_ATTR_STATE, IP_VS_STATE_BACKUP);
	mnl_attr_nest_end(nlh, nest);
	err = netlink_request(ipvs->nl, nlh);
	/* A thread that has not run yet ends with -EINTR, which netlink_rcv_skb does not answer. */
	if (err == -ETIMEDOUT && ipvs_backup_get(ipvs, &still) == -ESRCH)
		return 0;
	return err;
}
