# fencepost. The two commands for a stranger: `make chaos` and `make test`. The rest: `make help`.

comma := ,
MAKEFLAGS += --no-builtin-rules $(if $(filter 0,$(MAKELEVEL)),--jobs=$(shell nproc))
Q := $(if $(V),,@)# V=1 shows the commands
say = @$(if $(QUIET),:,echo '  $(1)')
.DELETE_ON_ERROR:
.SECONDARY:
.DEFAULT_GOAL := all

PREFIX  ?= /usr/local
DESTDIR ?=
VARIANT ?= release
BUILD   ?= build/$(VARIANT)

# The rooms of scripts/rooms.tsv, each an archive, in the order in which they stand on one another, and
# for each, LEANS_room, those that it may lean on: a test of a room is linked with these only, so a
# forbidden call does not link.
ROOM_LEANS := $(shell scripts/room-leans)# room:room,room,...
ROOMS      := $(foreach row,$(ROOM_LEANS),$(firstword $(subst :, ,$(row))))
$(foreach row,$(ROOM_LEANS),$(eval LEANS_$(subst :, := ,$(subst $(comma), ,$(row)))))

PACKAGES := sqlite3 libcurl libcjson libpcap libmicrohttpd libnftables libnftnl libmnl libnetfilter_queue libconfuse libseccomp zlib libzstd
CC       := gcc
VERSION  := 0.1.0

# WERROR=1: a warning is an error, as in .ci/run and `make lint`. A newcomer's compiler may know more.
WARNINGS := $(if $(WERROR),-Werror) -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 \
            -Wvla -Wundef -Wpointer-arith -Wcast-qual -Wwrite-strings -Wimplicit-fallthrough
OPTIONS_release := -O2 -g -fPIC -fno-semantic-interposition -D_FORTIFY_SOURCE=2 -fstack-protector-strong
OPTIONS_tests_release := -O0 -g
OPTIONS_asan    := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
OPTIONS_tsan    := -O1 -g -fsanitize=thread
OPTIONS_coverage := -O0 -g --coverage -fprofile-update=atomic
OPTIONS         := $(OPTIONS_$(VARIANT))
# The program is one file; a test is linked with each room as a shared object, so that the links are small,
# and that a mutant (scripts/run-mutants) costs its compiling and one link, however many the tests.
LIBRARY         := $(if $(filter release,$(VARIANT)),so,a)
space           := $() $()
OUTER_ROOMS     := $(sort $(filter-out .,$(patsubst %/,%,$(dir $(ROOMS)))))
RUN_PATH        := $(if $(filter so,$(LIBRARY)),-Wl$(comma)-rpath='$$ORIGIN:$$ORIGIN/..$(subst $(space),,$(foreach room,$(OUTER_ROOMS),:$$ORIGIN/$(room):$$ORIGIN/../$(room)))')
ALL_CFLAGS  = -std=gnu17 -D_GNU_SOURCE -I. -I$(BUILD) -pthread $(WARNINGS) $(OPTIONS) \
              -DFENCEPOST_VERSION='"$(VERSION)"' $(PACKAGE_CFLAGS) $(CPPFLAGS) $(CFLAGS)
LINK        = $(CC) $(ALL_CFLAGS) $(LDFLAGS)
PACKAGE_CFLAGS := $(shell pkg-config --cflags $(PACKAGES) 2>/dev/null)
PACKAGE_LIBS   := $(shell pkg-config --libs $(PACKAGES) 2>/dev/null) -lm
CHECK_LIBS     := $(shell pkg-config --libs check 2>/dev/null)

# Of a room, without the rooms inside it.
sources = $(filter-out $(foreach room,$(ROOMS),$(if $(filter $(1)/%,$(room)),$(room)/%)),$(wildcard $(1)/*.c $(1)/*/*.c))
objects = $(patsubst %.c,$(BUILD)/%.o,$(call sources,$(1)))
archives = $(foreach room,$(LEANS_$(1)),$(BUILD)/$(room).a)
libraries = $(foreach room,$(LEANS_$(1)),$(BUILD)/$(room).$(LIBRARY))

BINARY     := $(BUILD)/fencepost
UNIT_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/*_test.c))
SUPPORT    := $(BUILD)/tests/support.a # an archive: a test is linked with what it calls of it
LINKS_coverage := -Wl,--wrap=_exit $(SUPPORT)# tests/support/coverage_exit.c
PACKAGE_LIBS += $(LINKS_$(VARIANT))
BENCHES    := $(patsubst tests/bench/%.c,$(BUILD)/bench/%,$(wildcard tests/bench/*.c))

.PHONY: all
all: $(BINARY)   ## build build/release/fencepost

$(BINARY): $(call archives,cli) $(if $(LINKS_$(VARIANT)),| $(SUPPORT))
	$(call say,link  $@)
	$(Q)$(LINK) -o $@ -Wl,--start-group $^ -Wl,--end-group $(PACKAGE_LIBS)

# The program as the tests are linked, for a mutant that only a whole run may notice. A linker that leaves out
# what is not needed yet would miss what a room further on asks of an earlier one.
$(BUILD)/tests/fencepost: $(call libraries,cli)
	@mkdir -p $(@D)
	$(Q)$(LINK) -o $@ $(RUN_PATH) -Wl,--no-as-needed $^ $(PACKAGE_LIBS)

# An archive is made anew, so that a deleted source does not live on in it.
define room_rule
$(BUILD)/$(1).a: $(call objects,$(1))
	@rm -f $$@
	$$(Q)ar rcs $$@ $$^
$(BUILD)/$(1).so: $(call objects,$(1))
	$$(Q)$(CC) -shared -Wl,-soname,$$(@F) -o $$@ $$^
endef
$(foreach room,$(ROOMS),$(eval $(call room_rule,$(room))))

# Else the first that a newcomer reads is the compiler, on a header that it does not find.
.PHONY: packages
packages:
	@command -v $(firstword $(CC)) pkg-config >/dev/null && pkg-config --exists $(PACKAGES) || { \
		echo 'What fencepost is built with is not all here: "make dependencies" installs it, or says how.' >&2; \
		exit 69; }

$(BUILD)/%.o: %.c Makefile | packages
	@mkdir -p $(@D)
	$(call say,cc    $<)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# SQL, a script and a table as C strings.
$(BUILD)/%.sql.h: %.sql
	$(as_string)
$(BUILD)/%.sh.h: %.sh
	$(as_string)
$(BUILD)/%.tsv.h: %.tsv
	$(as_string)
define as_string
@mkdir -p $(@D)
$(Q)sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/.*/"&\\n"/' $< > $@
endef
$(BUILD)/history/database.o: $(BUILD)/history/schema.sql.h $(BUILD)/history/indexes.sql.h
$(BUILD)/sandbox/remedy.o: $(BUILD)/sandbox/remedy.sh.h
$(BUILD)/tuning/known_bugs.o: $(BUILD)/tuning/known_bugs.tsv.h
STRINGS := $(addprefix $(BUILD)/,history/schema.sql.h history/indexes.sql.h sandbox/remedy.sh.h tuning/known_bugs.tsv.h)

# For who reads the sources and builds nothing: `make lint`.
.PHONY: strings
strings: $(STRINGS)

# What the compiler warns of, without its code generation, which warns of nothing and takes most of the time.
.PHONY: warnings
warnings: strings
	@printf '%s\n' $(foreach room,$(ROOMS),$(call sources,$(room))) $(wildcard tests/unit/*.c tests/support/*.c tests/oracle/*.c) | \
		xargs -P $(shell nproc) -n 16 $(CC) $(ALL_CFLAGS) -fsyntax-only

$(SUPPORT): $(call objects,tests/support) $(call objects,tests/oracle)
	@mkdir -p $(@D)
	@rm -f $@
	$(Q)ar rcs $@ $^

# Preloaded by tests: calls that fail.
$(BUILD)/tests/failing.so: tests/preload/failing.c Makefile
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu17 -D_GNU_SOURCE $(WARNINGS) -O1 -fPIC -shared -o $@ $<

# Test programs run once, and most of them shortly: to optimize them takes longer than it saves.
$(BUILD)/tests/unit/%.o: OPTIONS := $(or $(OPTIONS_tests_$(VARIANT)),$(OPTIONS))

# A test is named after its room, an inner one by its own name: tests/unit/ROOM_WHAT_test.c.
room_of = $(filter $(firstword $(subst _, ,$(notdir $(1)))) %/$(firstword $(subst _, ,$(notdir $(1)))),$(ROOMS))
.SECONDEXPANSION:
$(BUILD)/tests/%: $(BUILD)/tests/unit/%.o $(SUPPORT) $$(call libraries,$$(call room_of,$$*))
	$(call say,link  $@)
	$(Q)$(LINK) -o $@ $(RUN_PATH) -Wl,--wrap=_mark_point -Wl,--start-group $^ -Wl,--end-group $(CHECK_LIBS) $(PACKAGE_LIBS)

$(BUILD)/bench/%: tests/bench/%.c $(SUPPORT) $$(call archives,cli) Makefile
	@mkdir -p $(@D)
	$(call say,link  $@)
	$(Q)$(LINK) -MMD -MP -o $@ $< -Wl,--start-group $(SUPPORT) \
		$(call archives,cli) -Wl,--end-group $(PACKAGE_LIBS)

.PHONY: dependencies
dependencies:    ## install what is missing, or say how
	@scripts/dependencies build

.PHONY: chaos
chaos:           ## build, run the default campaign, name the report
	@scripts/dependencies --sandbox build
	@scripts/counting compiling $(words $(foreach room,$(ROOMS),$(call sources,$(room)))) '^  cc' \
		$(MAKE) --no-print-directory all
	@$(BINARY) run campaigns/default.conf $(CHAOS)

.PHONY: test
test:            ## unit and end-to-end tests
	@scripts/dependencies --sandbox test
	@scripts/fetch-etcd known >/dev/null || echo 'going on without: what needs them is skipped'
	@scripts/node-tools || echo 'no axe-core and no html-validate here: going on without'
	@$(MAKE) --no-print-directory all unit-tests
	@BUILD=$(BUILD) scripts/run-tests

.PHONY: unit-tests
unit-tests: $(UNIT_TESTS) $(BUILD)/tests/failing.so

.PHONY: bench
bench:           ## measure; prints counts and ratios of one run
	@scripts/dependencies build
	@$(MAKE) --no-print-directory all benches
	@BUILD=$(BUILD) scripts/run-benches

.PHONY: bench-checker
bench-checker:   ## measure the checker alone
	@scripts/dependencies build
	@$(MAKE) --no-print-directory all benches
	@BUILD=$(BUILD) scripts/run-benches checker_bench check_command_bench

.PHONY: benches
benches: $(BENCHES)

.PHONY: asan tsan
asan tsan:       ## unit tests under the sanitizers
	@scripts/dependencies test
	@$(MAKE) --no-print-directory VARIANT=$@ all unit-tests
	@BUILD=build/$@ scripts/run-tests unit

.PHONY: coverage
coverage:        ## which lines no test reaches: TESTS=unit|e2e, or both
	@scripts/dependencies coverage
	@$(MAKE) --no-print-directory VARIANT=$@ all unit-tests
	@BUILD=build/$@ scripts/coverage $(TESTS)

.PHONY: fuzz
fuzz:            ## every fuzz target for FUZZ_SECONDS (10) each
	@scripts/dependencies fuzz
	@scripts/run-fuzzers

# Its main is in the archive.
$(BUILD)/fuzz-oracle: $(SUPPORT) $(call archives,checker)
	$(call say,link  $@)
	$(Q)$(LINK) -o $@ -Wl,--start-group $^ -Wl,--end-group $(PACKAGE_LIBS)

.PHONY: fuzz-oracle
fuzz-oracle:     ## the checker's procedures against exhaustive search, 10 million histories
	@scripts/dependencies build
	@$(MAKE) --no-print-directory $(BUILD)/fuzz-oracle
	@$(BUILD)/fuzz-oracle $(ORACLE)

.PHONY: mutants
mutants:         ## plant bugs, one at a time, that the tests must notice: MUTANTS (100) a room, by SEED (1)
	@scripts/dependencies test
	@scripts/run-mutants --sample $(or $(MUTANTS),100) --seed $(or $(SEED),1)

# How the mutants are compiled.
.PHONY: compiler
compiler:
	@:$(info $(CC) $(ALL_CFLAGS))

.PHONY: track-record
track-record:    ## the known bugs of etcd, found again: RUNS (3) of each campaign and version
	@scripts/dependencies --sandbox build
	@$(MAKE) --no-print-directory all
	@BINARY=$(BINARY) scripts/track-record

.PHONY: lint
lint:            ## room rules, format, static checks, and what clang warns of
	@scripts/dependencies build
	@scripts/dependencies lint
	@scripts/lint
	@$(MAKE) --no-print-directory CC=clang WERROR=1 BUILD=build/lint warnings

.PHONY: tables
tables: all      ## the tables of the documents, as the program tells them
	@scripts/write-tables $(BINARY) $(shell find . -name '*.md' -not -path './build/*' -not -path './runs/*')

.PHONY: golden
golden: all $(BUILD)/tests/reports_sweep_test ## after a change of the page that was meant: what tests/e2e/93-golden.t expects
	@FENCEPOST=$(BINARY) tests/golden/make-pages $(BUILD)/golden
	@cd $(BUILD)/golden && sha256sum *.html >$(CURDIR)/tests/golden/pages.sha256

.PHONY: format
format:
	clang-format -i $(foreach d,$(ROOMS) tests/unit tests/support tests/oracle tests/bench tests/fuzz tests/preload,$(wildcard $(d)/*.c $(d)/*.h $(d)/*/*.c $(d)/*/*.h))

# What is installed: mode, from, to below PREFIX. The documents keep their places, so that they find
# each other.
INSTALLED := $(foreach f,$(wildcard campaigns/*.conf campaigns/*/*.conf),644:$(f):share/fencepost/$(f)) \
	$(foreach f,README.md LICENSE checker/README.md docker-compose.yml apparmor/fencepost $(wildcard docs/*.md docker/*),644:$(f):share/doc/fencepost/$(f)) \
	$(foreach f,$(filter-out %.md,$(wildcard adapters/*)),755:$(f):share/fencepost/$(f)) \
	755:scripts/fetch-etcd:libexec/fencepost/fetch-etcd \
	644:scripts/etcd-versions.tsv:share/fencepost/etcd-versions.tsv \
	644:scripts/completion.bash:share/bash-completion/completions/fencepost \
	755:$(BINARY):bin/fencepost

.PHONY: install uninstall
install: all     ## into DESTDIR/PREFIX
	@for line in $(INSTALLED); do \
		mode=$${line%%:*}; to=$${line##*:}; from=$${line#*:}; from=$${from%:*}; \
		install -D -m "$$mode" "$$from" "$(DESTDIR)$(PREFIX)/$$to" || exit 1; \
	done
	@set -- "$(BUILD)"/man/*.1; [ ! -e "$$1" ] || { \
		install -d "$(DESTDIR)$(PREFIX)/share/man/man1" && \
		install -m 644 "$$@" "$(DESTDIR)$(PREFIX)/share/man/man1/"; }
	@echo "installed in $(DESTDIR)$(PREFIX)"

uninstall:       ## what install put there
	@for line in $(INSTALLED); do rm -f "$(DESTDIR)$(PREFIX)/$${line##*:}"; done
	@rm -f "$(DESTDIR)$(PREFIX)"/share/man/man1/fencepost.1 "$(DESTDIR)$(PREFIX)"/share/man/man1/fencepost-*.1
	@find "$(DESTDIR)$(PREFIX)/share/fencepost" "$(DESTDIR)$(PREFIX)/share/doc/fencepost" \
		"$(DESTDIR)$(PREFIX)/libexec/fencepost" -depth -type d -empty -delete 2>/dev/null || true

# From what the program says of itself (help2man), a page for each command.
.PHONY: man
man: all         ## the manual pages, in build/release/man
	@scripts/make-man $(BINARY) $(BUILD)/man

.PHONY: deb
deb:             ## a Debian package, in build/deb
	@scripts/dependencies deb
	@scripts/make-deb

.PHONY: clean
clean:           ## remove build/; runs/ stays
	rm -rf build

.PHONY: help
help:
	@sed -n 's/^\([a-z -]*\):.*## \(.*\)/  make \1	\2/p' $(MAKEFILE_LIST) | expand -t 26

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
