import { exampleService } from '../compose/example.ts';
import { checkServices, outcome, shown } from '../compose/service-check.ts';
import type { Control } from '../control.ts';
import { probeContainers } from '../reading/probe-containers.ts';

const id = 'J-NNP-01';

export const noNewPrivileges: Control = {
  id,
  title: 'No process can gain privileges',
  severity: 'medium',
  domain: 'isolation',
  subject: 'service',
  why: 'Without it, a set-uid program in the image makes a caller root.',
  references: ['CIS Docker Benchmark 5.26', 'OWASP Docker Security Cheat Sheet rule 4'],
  blindSpots: [
    'Only common set-uid programs that are linked with glibc are started; an image without one has nothing to try.',
  ],
  remedy: 'Set security_opt: [no-new-privileges:true].',
  static: (model) =>
    checkServices(model, id, ['security_opt', 'privileged'], (service) =>
      outcome(
        (service.security_opt ?? []).some((option) =>
          /^no-new-privileges([:=](true|t|1))?$/i.test(option),
        ),
        'no-new-privileges:true',
        shown(service.security_opt),
      ),
    ),
  fix: ({ subject }, { document }) => {
    const service = document.services[subject];
    const off = (service?.security_opt ?? []).filter((option) =>
      /^no-new-privileges[:=]/i.test(option),
    );
    const reason = 'a set-uid program in the image makes nobody root';
    return [
      ...(off.length > 0
        ? [
            {
              service: subject,
              key: ['security_opt'] as const,
              change: { kind: 'drop', values: off } as const,
              reason,
            },
          ]
        : []),
      {
        service: subject,
        key: ['security_opt'],
        change: { kind: 'add', values: ['no-new-privileges:true'] },
        reason,
      },
    ];
  },
  probe: (context) =>
    probeContainers(context, id, '/proc/*/status NoNewPrivs', async ({ snapshot }) => {
      const free = (await snapshot()).processes.filter((process) => !process.noNewPrivs);
      return outcome(
        free.length === 0,
        '1 for every process',
        free.length === 0 ? '1' : `0 for ${free.map((process) => process.name).join(', ')}`,
      );
    }),
  attack: (context) =>
    probeContainers(context, id, 'a set-uid program started inside', async ({ facts }) => {
      const expected = 'it runs as its caller';
      const { stdout } = await context.engine.exec(facts.id, ['sh', '-c', startSetUid], {
        timeoutMs: 20_000,
        signal: context.signal,
      });
      const [word = '', program = ''] = stdout.trim().split(' ');
      switch (word) {
        case 'kept':
          return { status: 'pass', expected, seen: `${program} does` };
        case 'gained':
          return { status: 'fail', expected, seen: `${program} became its owner` };
        case 'root':
          return { status: 'unknown', expected, seen: 'the caller is root already' };
        default:
          return { status: 'not-applicable', expected, seen: 'no such program that can be tried' };
      }
    }),
  examples: {
    pass: [
      exampleService({ security_opt: ['no-new-privileges:true'] }),
      exampleService({ security_opt: ['no-new-privileges=true'] }),
      exampleService({ security_opt: ['no-new-privileges'] }),
    ],
    fail: [
      exampleService({}),
      exampleService({ security_opt: ['no-new-privileges:false'] }),
      exampleService({ security_opt: ['seccomp=default.json'] }),
    ],
  },
};

/**
 * Starts a set-uid program of a known name that does nothing but explain itself. glibc's loader
 * prints what the kernel gave a program if LD_SHOW_AUXV asks for it, and keeps silent exactly where
 * the program gained privileges. That it prints at all is seen on an ordinary program first.
 */
const startSetUid = [
  'while read -r k u _; do case $k in Uid:) break ;; esac; done </proc/self/status',
  '[ "$u" != 0 ] || { echo root; exit 0; }',
  'shows() { case $(LD_SHOW_AUXV=1 "$@" </dev/null 2>/dev/null) in *AT_SECURE:*) return 0 ;; *) return 1 ;; esac; }',
  'shows ls / || { echo none; exit 0; }',
  'for p in su mount umount passwd newgrp chsh chfn gpasswd; do',
  '  f=$(command -v $p) && [ -u "$f" ] && [ -x "$f" ] || continue',
  '  if shows "$f" --help; then echo "kept $p"; else echo "gained $p"; fi',
  '  exit 0',
  'done',
  'echo none',
].join('\n');
