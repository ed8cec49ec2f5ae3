/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every message of the daemon: its level, its MESSAGE_ID and its text, as log_message takes them.
 *
 * An id stays with its message for good (sd_id128; a new one: systemd-id128 new), wording and level
 * may change. doc/messages.md tells operators what each means; tests/log/check_log_messages.sh
 * compares.
 */
#ifndef FTPALGD_LOG_MESSAGES_H
#define FTPALGD_LOG_MESSAGES_H

/* ---- configuration ---- */

#define LOG_CONFIG_REFUSED \
	LOG_LEVEL_ERROR, "d2467dbe43f64d399fcb395feb0fd8f0", \
	"%s is not taken: the running configuration stays"
#define LOG_CONFIG_KEPT \
	LOG_LEVEL_ERROR, "7b7f624a859f4bfc9ac4c2d166be9447", \
	"the configuration stays as it was: %s"
#define LOG_RELOADED \
	LOG_LEVEL_NOTICE, "86974045530348b69638ab68e0f00c43", \
	"configuration reloaded"
#define LOG_RELOAD_IDLE \
	LOG_LEVEL_DEBUG, "6028b2ee53e34f55bbea5a200daa3002", \
	"the signal changed nothing"

/* ---- the machine ---- */

#define LOG_MACHINE_UNFIT \
	LOG_LEVEL_ERROR, "1ec5e9a3a71545d39ac146d762e0ed19", \
	"%s: %s; %s"
#define LOG_MACHINE_WARNING \
	LOG_LEVEL_WARNING, "a0f8b6ee68de4e97b6d0e064b1bfc4b4", \
	"%s: %s; %s"

/* ---- start and end ---- */

#define LOG_NOT_STARTED \
	LOG_LEVEL_ERROR, "a8c15541e1fb4c2eaf60a60591310129", \
	"not started"
#define LOG_START_FAILED \
	LOG_LEVEL_ERROR, "349baaabffe348c195ede6af86ade086", \
	"%s failed: %s"
#define LOG_QUEUE_TAKEN \
	LOG_LEVEL_ERROR, "4ee4ff8ce1734ca7be2847287f7d63ba", \
	"queue %u is taken by another process (/proc/net/netfilter/nfnetlink_queue names " \
	"it): is ftpalgd running already? Else choose other queues in the configuration"
#define LOG_QUEUE_WITHOUT_CONNTRACK \
	LOG_LEVEL_ERROR, "3f672bb46fda4b399d51a9967bd7cfef", \
	"this kernel cannot send conntrack entries along with queued packets: it was built " \
	"without CONFIG_NETFILTER_NETLINK_GLUE_CT; use the distribution's kernel"
#define LOG_QUEUE_UNBOUND \
	LOG_LEVEL_ERROR, "c2407379d45f471e93602f89a4b6d582", \
	"cannot bind queue %u: %s (is the module nfnetlink_queue there?)"
#define LOG_QUEUE_UNCHANGED \
	LOG_LEVEL_WARNING, "46ab6eda8447474ca2a5147c359f394f", \
	"cannot tell queue %u what to do when it is full: it does what it did"
#define LOG_HELPER_REFUSED \
	LOG_LEVEL_ERROR, "f58905bd93bb4f3e8e125b7bc59fbcaa", \
	"cannot register the conntrack helper: %s (module nfnetlink_cthelper, kernel option " \
	"CONFIG_NF_CT_NETLINK_HELPER)"
#define LOG_HELPER_CHANGED \
	LOG_LEVEL_WARNING, "a79175c0c2094b5dbcc312c97f2cd70d", \
	"the conntrack helper may have the limits of the configuration that was refused"
#define LOG_HELPER_LEFT \
	LOG_LEVEL_DEBUG, "d9b4c4e0c7654b88ade9b4028b430d80", \
	"the conntrack helper stays registered: a ruleset names it"
#define LOG_BACKUP_REFUSED \
	LOG_LEVEL_ERROR, "46ae4552a892490caf3e25ce1189bc4c", \
	"cannot start IPVS' backup thread on %s, which takes the connection entries: %s (by " \
	"hand: ipvsadm --start-daemon backup --mcast-interface %s)"
#define LOG_WORKER_REFUSED \
	LOG_LEVEL_ERROR, "69be94d97aaf4ad2a3d0ac7fd2b41fdd", \
	"cannot start the worker of queue %u: %s"
#define LOG_PRINT_FAILED \
	LOG_LEVEL_ERROR, "aa95dc098de8447ba0cbc9bf87509a2a", \
	"cannot print the ruleset: %s"
#define LOG_IPVS_SILENT \
	LOG_LEVEL_WARNING, "67b72b68ae08472fb20ad6837e4200b5", \
	"IPVS does not answer (%s): only configured services are shown"

#define LOG_PRIVILEGES_KEPT \
	LOG_LEVEL_WARNING, "e95c498dea254320b87a5cde3ca9d52b", \
	"cannot give up privileges that are no longer needed: %s"
#define LOG_UNCONFINED \
	LOG_LEVEL_INFO, "435d8a2230b840dcac93d54c10b340c3", \
	"no Landlock: %s"

#define LOG_LOST \
	LOG_LEVEL_WARNING, "dad2a217ad4b41c5a8911491de2c566f", \
	"messages lost because the log was not read in time: %u"

/* ---- services ---- */

#define LOG_SERVING \
	LOG_LEVEL_INFO, "d40b2ea2570740bbbad856c32cceac65", \
	"serving %s (%s, %s)"
#define LOG_NO_SERVICE \
	LOG_LEVEL_WARNING, "7ac9468f03e34673b06ba224ad9b803f", \
	"no virtual service yet: IPVS has none on port 21 with masquerading real servers, " \
	"and the configuration lists none (see ipvsadm -Ln); it is taken up when it appears"
#define LOG_DISCOVERY_FAILED \
	LOG_LEVEL_WARNING, "c4cbf7a7073444e3b43fe53377251738", \
	"cannot follow the services of IPVS: %s"
#define LOG_LISTENERS_UNKNOWN \
	LOG_LEVEL_WARNING, "a747ccb3885c42ee9e83f2457e9eb01a", \
	"cannot list the sockets on which this machine listens: %s (module tcp_diag); clients may be " \
	"shown their ports"
#define LOG_ADOPTED \
	LOG_LEVEL_INFO, "307b4ee4ea1d4a388712a28515f76c42", \
	"control connections that conntrack did not know, taken up: %u"
#define LOG_FORGOTTEN \
	LOG_LEVEL_INFO, "76aca03742344de4b28fb02a82d5fab5", \
	"the address of %s has left this machine: conntrack has forgotten its control connections here: %u"
#define LOG_UNFORGOTTEN \
	LOG_LEVEL_WARNING, "9d2dc55fc7ea404dbded3c020fbec372", \
	"the address of %s has left this machine, and conntrack keeps its control connections here: %s"
#define LOG_UNTOLD \
	LOG_LEVEL_WARNING, "a3e2e9479e3d4644940f24f94cd10ae0", \
	"group %u of nfnetlink_log cannot be had: %s; control connections that conntrack does not know are not taken up"
#define LOG_KEEP_ALIVE_FAILED \
	LOG_LEVEL_WARNING, "1a27c84be30f4343ad3f21090dd6e631", \
	"cannot keep control connections of long transfers known to IPVS: %s"
#define LOG_BACKUP_MOVED \
	LOG_LEVEL_NOTICE, "c457cb63fdf44615a8913053071d6583", \
	"IPVS' backup thread is now on %s with id %u, where its other threads are"
#define LOG_BACKUP_UNWATCHED \
	LOG_LEVEL_WARNING, "8d840565f41d4fbb82a8c6b3ecf96316", \
	"cannot keep IPVS' backup thread at its place: %s"
#define LOG_BACKUP_STOPPED \
	LOG_LEVEL_WARNING, "42872e3893f54adda1eff1521074d570", \
	"IPVS' backup thread was stopped by somebody else"

/* ---- ruleset ---- */

#define LOG_RULESET_REFUSED \
	LOG_LEVEL_ERROR, "fe4a6c8955804f8aa6f0faa432da1af5", \
	"cannot load the ruleset: %s (is the kernel's nf_tables complete? ftpalgd " \
	"--print-ruleset shows what was tried)"
#define LOG_RULESET_UNREADABLE \
	LOG_LEVEL_ERROR, "51e8a9c0ca67425a83db5046f51c8748", \
	"cannot look at the ruleset: %s"
#define LOG_RULESET_RESTORED \
	LOG_LEVEL_NOTICE, "34c5c367617245d082112dff3ff94f25", \
	"somebody changed table inet ftpalgd: it is complete again"
#define LOG_RULESET_UNWATCHED \
	LOG_LEVEL_WARNING, "f29f2ce927e2407bab5b7c9063f11714", \
	"cannot follow changes of the ruleset: %s"
#define LOG_RULESET_LEFT \
	LOG_LEVEL_WARNING, "7af06395c7c74cd693f64a67cc4ff1cf", \
	"table inet ftpalgd stays behind"

/* ---- control socket ---- */

#define LOG_CONTROL_REFUSED \
	LOG_LEVEL_ERROR, "f6e0e73a4cce4a24a01e4d85a8e1731f", \
	"no control socket at %s, ftpalgctl cannot connect: %s"
#define LOG_CONTROL_GROUP_UNKNOWN \
	LOG_LEVEL_WARNING, "dd4fd6549d7340719f75d645169632b2", \
	"the group \"%s\" of the control socket does not exist: it keeps the daemon's own"
#define LOG_CONTROL_GROUP_REFUSED \
	LOG_LEVEL_WARNING, "bcb35859ee0f4d3da52697658584ac41", \
	"cannot give the control socket to the group \"%s\": %s"
#define LOG_CONTROL_TIMER \
	LOG_LEVEL_DEBUG, "1046f2a2eea84fc8bdab3c6004fd7bd4", \
	"the timer of the watching clients goes on"

#define LOG_TEXTFILE_REFUSED \
	LOG_LEVEL_WARNING, "c1c6675507bb475495a78fabdf45f7c9", \
	"cannot write the metrics to %s: %s"

#define LOG_HEALTH_WORSE \
	LOG_LEVEL_WARNING, "c7726f3e12894310967c89de179f25ee", \
	"%s: %s: %s; %s"
#define LOG_HEALTH_BETTER \
	LOG_LEVEL_NOTICE, "42cc9b8e3546471c9bff4837360465c8", \
	"no longer so: %s"

/* ---- restart ---- */

#define LOG_STORE_TAKEN \
	LOG_LEVEL_INFO, "4ee3e9a1318942039b85fb05c9d6085d", \
	"taken over from the daemon before: %u queues, %u sessions"
#define LOG_STORE_FOREIGN \
	LOG_LEVEL_NOTICE, "a71616a7400c4369b9f01d0548ddc92b", \
	"the daemon before was of another version: its sessions are picked up midway"
#define LOG_STORE_LAYOUT \
	LOG_LEVEL_NOTICE, "7865263a18b64971902ccbde63fd3d14", \
	"%s: the queues are no longer as many, its sessions are picked up midway"
#define LOG_STORE_DAMAGED \
	LOG_LEVEL_WARNING, "352574ac652a490cacffa174b9654996", \
	"the sessions that the daemon before has left cannot be read to their end: those that " \
	"are missing are picked up midway"
#define LOG_QUEUE_FOREIGN \
	LOG_LEVEL_NOTICE, "a5772dc0b3aa487ca47ce959edea0cc8", \
	"queue %u of the daemon before is of no use here: %s"
#define LOG_STORE_REFUSED \
	LOG_LEVEL_WARNING, "67b91e8211124f138ac34dfed8f96294", \
	"the service manager does not keep %s over a restart: %s"
#define LOG_STORE_MEMORY \
	LOG_LEVEL_WARNING, "add9e000782e45b989adbc3c951154ed", \
	"no memory for the sessions of queue %u: the next daemon picks them up midway"

/* ---- sessions and packets ---- */

#define LOG_REFUSAL(level) \
	level, "9a2edf693dc344b78878d41403852e49", \
	"%s: client %s, service %s, server %s"
#define LOG_REFUSAL_OF_PACKET(level) \
	level, "a0fd72e4570b432db9c4a0d89999211f", \
	"%s"
#define LOG_OPENING_PASSIVE \
	LOG_LEVEL_DEBUG, "b53bc521dd7b4bf9a9c85286d56355c3", \
	"%s: client %s may open %s, which is %s"
#define LOG_OPENING_ACTIVE \
	LOG_LEVEL_DEBUG, "4cf4c61f251d41ab8ca3fc9880137f0d", \
	"%s: the server of client %s may open %s"
#define LOG_FAILURE \
	LOG_LEVEL_WARNING, "8d62d89bf81e4f58ac281940ea279110", \
	"%s failed: %s"

#endif
