/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The values of ftpalgd.conf(5) that are written as texts; each is an option_read.
 */
#ifndef FTPALGD_CONFIG_VALUE_H
#define FTPALGD_CONFIG_VALUE_H

#include "config/option.h"

option_read value_read_service_name; /* [A-Za-z0-9._-]{1,31} */
option_read value_read_interface;    /* what the kernel takes for a device name */
option_read value_read_socket;       /* an absolute path that fits a socket address */
option_read value_read_textfile;     /* an absolute path that node_exporter looks at, or "" */
option_read value_read_group;        /* a group's name, or "" */
option_read value_read_endpoint;     /* an address that a service can have, with its port */
option_read value_read_address;      /* an address that a real server can have, without a port */
option_read value_read_ports;        /* FIRST-LAST above the well-known ports, or "" */
option_read value_read_server_ports; /* FIRST-LAST or one port, from 1 on */
option_read value_read_port_list;    /* ports and FIRST-LAST with commas between them, or "" */

/* Ports below are privileged: no server listens there for data, and firewalls tell. */
#define VALUE_PASSIVE_PORT_MIN 1024

#endif
