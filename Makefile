# flowlatch: see README.md.  `make demo` and `make check` are the two commands to know.
#
# Targets: all demo check lint view fuzz torture soak bench interop install uninstall dist clean deps
# Knobs: CC CPPFLAGS CFLAGS LDFLAGS LDLIBS PREFIX DESTDIR, SAN=1 (AddressSanitizer and UBSan, in
# build/san), V=1 (show the commands)

PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
DATADIR ?= $(PREFIX)/share/flowlatch
LIBEXECDIR ?= $(PREFIX)/libexec/flowlatch
MANDIR ?= $(PREFIX)/share/man
PKG_CONFIG ?= pkg-config
HOSTCC ?= cc
VERSION := $(shell cat VERSION)
B := build$(if $(SAN),/san)

# Debian packages: to build, and what the tests need beyond that.
BUILD_DEPS := gcc make pkg-config libcjson-dev libcurl4-openssl-dev libmbedtls-dev \
	libmicrohttpd-dev libgnutls28-dev zlib1g-dev libxml2-dev libarchive-dev libsecret-1-dev
CHECK_DEPS := libcmocka-dev python3 mandoc nghttp2-proxy openssl gnome-keyring dbus \
	python3-dbus python3-gi

# Found with pkg-config, when there is something to build.
ifeq ($(filter deps clean dist,$(or $(MAKECMDGOALS),all)),)
pkg = $(shell $(PKG_CONFIG) $(1) $(2) 2>/dev/null)
endif
PKGS := libcjson libcurl libxml-2.0 libarchive

probe = $(shell printf 'int main(void){return 0;}' | \
	$(CC) -Werror $(1) -x c -o /dev/null - 2>/dev/null && echo "$(1)")
WARN := -Wall -Wextra -Wformat=2 -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wpointer-arith -Wimplicit-fallthrough -Wvla -Wno-missing-field-initializers -Werror=format-security -Werror=implicit \
	-Werror=incompatible-pointer-types -Werror=int-conversion
# Probed once and kept, because compilers differ (security: stack, control flow, relocations).
-include $(B)/flags.mk
CFLAGS ?= -O2 -g
FL_CPPFLAGS := -Isrc -Iinclude -D_GNU_SOURCE -DFLOWLATCH_VERSION='"$(VERSION)"' \
	-DFLOWLATCH_LIBEXECDIR='"$(LIBEXECDIR)"' $(call pkg,--cflags,$(PKGS))
FL_CFLAGS := -std=c11 $(WARN) -MMD -MP -ffile-prefix-map='$(CURDIR)'=.
ifdef SAN
FL_CFLAGS += -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
FL_LDFLAGS += -fsanitize=address,undefined
else
FL_CPPFLAGS += $(FORTIFY)
FL_CFLAGS += $(HARDEN_CFLAGS)
FL_LDFLAGS += $(HARDEN_LDFLAGS)
endif

LIB_SRC := $(wildcard $(patsubst %,src/%/*.c,base text wire wdl work tools)) src/keyring/protocol.c
FRONT_SRC := $(filter-out src/front/main.c,$(wildcard src/front/*.c))
TENANT_SRC := $(wildcard src/tenant/*.c)
KEYRING_SRC := $(filter-out src/keyring/protocol.c,$(wildcard src/keyring/*.c))
obj = $(patsubst %.c,$(B)/%.o,$(1))
COMPILE = $(FL_CPPFLAGS) $(CPPFLAGS) $(FL_CFLAGS) $(CFLAGS)
LINK = $(CC) $(FL_CFLAGS) $(CFLAGS) $(FL_LDFLAGS) $(LDFLAGS) -o $@ $^
say = $(if $(V),,@printf '  %-5s %s\n' $(1) $(patsubst $(B)/%,%,$@);)
UNIT := $(patsubst tests/unit/%.c,$(B)/tests/unit/%,$(wildcard tests/unit/*.c))
HELPERS := $(patsubst %.c,$(B)/%,$(wildcard tests/interop/*.c tests/torture/*.c tests/wire/*.c \
	tests/bench/*.c examples/*.c))
PROGRAMS := $(B)/flowlatch $(B)/flowlatch-keyring $(B)/flowlatch-tenant
# libcurl, libxml2 and libarchive are opened when first needed: linking them would cost every
# start 5 ms and more (see HACKING.md).
LIBS = $(call pkg,--libs,libcjson) -lmbedcrypto
TENANT_LIBS = $(call pkg,--libs,libmicrohttpd gnutls zlib) $(LIBS)
KEYRING_LIBS = $(call pkg,--libs,libsecret-1)

all: $(PROGRAMS)
$(B)/libflowlatch.a: $(call obj,$(LIB_SRC) $(FRONT_SRC)) $(B)/src/work/redact_prefilter.o
	$(call say,AR)rm -f $@ && $(AR) rcsD $@ $^
$(B)/flowlatch: $(call obj,src/front/main.c) $(B)/libflowlatch.a
	$(call say,LINK)$(LINK) $(LIBS) $(LDLIBS)
$(B)/flowlatch-tenant: $(call obj,$(TENANT_SRC)) $(B)/libflowlatch.a
	$(call say,LINK)$(LINK) $(TENANT_LIBS) $(LDLIBS)
# Its own headers stay out of the other programs.
$(call obj,$(KEYRING_SRC)): FL_CPPFLAGS += $(call pkg,--cflags,libsecret-1)
$(B)/flowlatch-keyring: $(call obj,$(KEYRING_SRC)) $(B)/libflowlatch.a
	$(call say,LINK)$(LINK) $(KEYRING_LIBS) $(LDLIBS)
# The table of the redactor's prefilter is made from its rules.
$(B)/gen/prefilter: src/work/gen/prefilter.c src/work/redact_rules.c src/work/redact_rules.h
	@mkdir -p $(@D) $(B)/src/work
	$(call say,CC)$(HOSTCC) -std=c11 -Isrc -o $@ $(filter %.c,$^)
$(B)/src/work/redact_prefilter.c: $(B)/gen/prefilter
	@$< >$@.new && mv $@.new $@
$(B)/src/work/redact_prefilter.o: $(B)/src/work/redact_prefilter.c
	$(call say,CC)$(CC) $(COMPILE) -c -o $@ $<
# The assembler includes the seed and the views, which -MMD does not see.
$(B)/src/tenant/seed_data.o: $(wildcard src/tenant/seed/*.json)
$(B)/src/front/view.o: $(wildcard src/front/view/*.html)
$(B)/src/tools/knowledge.o: $(wildcard data/knowledge/*)
$(B)/tests/unit/%: $(B)/tests/unit/%.o $(B)/libflowlatch.a
	$(call say,LINK)$(LINK) -lcmocka $(LIBS) $(LDLIBS)
$(HELPERS): $(B)/%: $(B)/%.o $(B)/libflowlatch.a
	$(call say,LINK)$(LINK) $(LIBS) $(LDLIBS)
$(B)/%.o: %.c $(B)/flags.mk
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(COMPILE) -c -o $@ $<
# Not before there is a compiler: `make check` comes here first, then installs one.
$(B)/flags.mk: Makefile
	@mkdir -p $(@D)
	@if echo 'int main(void){return 0;}' | $(CC) -x c -o /dev/null - 2>/dev/null; then \
		$(MAKE) -s --no-print-directory -f Makefile print-flags >$@; fi
print-flags:
	@echo 'FORTIFY := $(call probe,-O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)' | sed 's/-O2 //'
	@echo 'HARDEN_CFLAGS := -fPIE $(foreach f,$(HARDEN_C),$(call probe,$(f)))'
	@echo 'HARDEN_LDFLAGS := -pie $(foreach f,$(HARDEN_LD),$(call probe,$(f)))'
# For tests/lint, which runs both compilers over every file.
print-compile:
	@:$(info $(filter-out -MMD -MP -f%,$(COMPILE) $(call pkg,--cflags,libsecret-1)))
HARDEN_C := -fstack-protector-strong -fstack-clash-protection -fcf-protection=full \
	-mbranch-protection=standard -ftrivial-auto-var-init=zero -fno-delete-null-pointer-checks \
	-fno-strict-overflow -fno-strict-aliasing -Wtrampolines -Wbidi-chars=any \
	-fstrict-flex-arrays=3 -fzero-init-padding-bits=all
comma := ,
HARDEN_LD := -Wl$(comma)-z$(comma)relro -Wl$(comma)-z$(comma)now -Wl$(comma)-z$(comma)noexecstack \
	-Wl$(comma)-z$(comma)nodlopen -Wl$(comma)-z$(comma)separate-code -Wl$(comma)--as-needed

# Installs the Debian packages that are missing, or says which to install.
deps:
	@./tests/deps.sh $(BUILD_DEPS) $(CHECK_DEPS)
demo: deps
	@$(MAKE) -s --no-print-directory all
	@python3 examples/demo.py $(B)/flowlatch
check: deps
	@$(MAKE) --no-print-directory check-built
# Sanitizers make everything three times as slow, and leave nothing to wait for.
RUN_TESTS = B=$(B) $(if $(SAN),JOBS=$${JOBS:-$$(nproc)} LIMIT=300) ./tests/run.sh
check-built: all $(UNIT) $(HELPERS)
	@$(RUN_TESTS)
check-unit: all $(UNIT) $(HELPERS)
	@$(RUN_TESTS) $(UNIT)
lint: all
	@B=$(B) ./tests/lint/run.sh
# The page of a run in a browser, which only this test needs.
view: all
	@./tests/deps.sh chromium
	@B=$(B) ./tests/run.sh tests/view/test_run.py
fuzz torture soak bench interop: all $(HELPERS)
	@B=$(B) ./tests/$(if $(filter soak,$@),torture,$@)/$(if $(filter soak,$@),soak,run).sh

install: all
	install -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(LIBEXECDIR) $(DESTDIR)$(MANDIR)/man1 \
		$(DESTDIR)$(MANDIR)/man5 $(DESTDIR)$(MANDIR)/man7 $(DESTDIR)$(MANDIR)/man8
	install -m 0755 $(B)/flowlatch $(B)/flowlatch-tenant $(DESTDIR)$(BINDIR)
	install -m 0755 $(B)/flowlatch-keyring $(DESTDIR)$(LIBEXECDIR)
	install -d $(DESTDIR)$(DATADIR)/knowledge
	install -m 0644 data/knowledge/* $(DESTDIR)$(DATADIR)/knowledge/
	for p in man/*.[1578]; do install -m 0644 $$p $(DESTDIR)$(MANDIR)/man$${p##*.}/; done
uninstall:
	rm -f $(DESTDIR)$(BINDIR)/flowlatch $(DESTDIR)$(BINDIR)/flowlatch-tenant \
		$(DESTDIR)$(LIBEXECDIR)/flowlatch-keyring
	for p in data/knowledge/*; do rm -f $(DESTDIR)$(DATADIR)/knowledge/$${p##*/}; done
	-rmdir $(DESTDIR)$(DATADIR)/knowledge $(DESTDIR)$(DATADIR) 2>/dev/null
	for p in man/*.[1578]; do rm -f $(DESTDIR)$(MANDIR)/man$${p##*.}/$${p#man/}; done
dist:
	git archive --prefix=flowlatch-$(VERSION)/ HEAD | gzip -9n >flowlatch-$(VERSION).tar.gz
clean:
	rm -rf build flowlatch-*.tar.gz

.PHONY: all deps demo check check-built check-unit lint view fuzz torture soak bench interop install uninstall \
	dist clean print-flags print-compile
.SECONDARY:
-include $(shell find $(B) -name '*.d' 2>/dev/null)
