/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config/check.h"
#include "config/option.h"
#include "config/services.h"
#include "config/text.h"

void config_defaults(struct config *out)
{
	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < config_option_count; i++)
		if (option_in_config(&config_options[i]))
			option_set_default(&config_options[i], out);
}

void config_free(struct config *config)
{
	if (config == NULL)
		return;
	free(config->services);
	free(config->servers);
	config->services = NULL;
	config->servers = NULL;
	config->service_count = config->server_count = 0;
}

static int load_text(const struct config_text *text, struct config *out,
		     struct config_errors *errors)
{
	struct config fresh;
	struct service_lines *lines = NULL;
	int err;

	config_defaults(&fresh);
	err = config_check(text, &fresh, &lines, errors);
	if (err == 0)
		err = config_services_check(&fresh, lines, text, errors);
	free(lines);
	if (err < 0)
		config_free(&fresh);
	else
		*out = fresh;
	return err;
}

int config_load(const char *path, bool must_exist, struct config *out, struct config_errors *errors)
{
	struct config_text text;
	int err;

	memset(errors, 0, sizeof(*errors));
	err = config_text_read(path, &text, errors);
	if (err == -ENOENT && !must_exist) {
		memset(errors, 0, sizeof(*errors));
		config_defaults(out);
		err = 0;
	} else if (err == 0) {
		err = load_text(&text, out, errors);
	}
	config_text_free(&text);
	if (err < 0 && errors->count == 0)
		config_errors_add(errors, (struct config_place){ path, 0 }, "%s", strerror(-err));
	return err;
}

void config_find_socket(const char *path, char out[static CONFIG_SOCKET_MAX])
{
	struct service_lines *lines = NULL;
	struct config_errors errors = { 0 };
	struct config_text text;
	struct config config;
	int error = config_text_read(path, &text, &errors);

	config_defaults(&config);
	if (error == 0) /* what is wrong is for whoever starts the daemon */
		error = config_check(&text, &config, &lines, &errors);
	memcpy(out, config.control.socket, CONFIG_SOCKET_MAX);
	config_text_free(&text);
	config_free(&config);
	free(lines);
}
