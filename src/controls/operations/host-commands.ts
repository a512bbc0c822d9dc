import { exampleService } from '../compose/example.ts';
import { commandTexts } from '../compose/service-commands.ts';
import { viewOf, type ServiceView } from '../compose/stack-view.ts';
import type { Control, StaticResult } from '../control.ts';

const id = 'J-CMD-01';
const expected = 'no command that takes data, images or the way in from the host';

interface Hazard {
  pattern: RegExp;
  seen: string;
  /** True for what harms the host only from its own network. */
  onHost?: boolean;
}

/** Every repetition is bounded: a command may be long. */
const hazards: readonly Hazard[] = [
  {
    pattern: /\bdocker[ -]compose\b[^|;&\n]{0,200}\bdown\b[^|;&\n]{0,100}\s(-v|--volumes)\b/,
    seen: 'docker compose down -v: every volume of the stack goes',
  },
  {
    pattern: /\bdocker\s+(system|image)\s+prune\b[^|;&\n]{0,100}\s(-[a-z]{0,3}a[a-z]{0,3}|--all)\b/,
    seen: 'docker prune --all: the images of every stack go, and with them the way back',
  },
  {
    pattern: /\bdocker\s+volume\s+prune\b|\bdocker\s+system\s+prune\b[^|;&\n]{0,100}\s--volumes\b/,
    seen: 'docker volume prune: the data of whatever does not run just then goes',
  },
  {
    pattern: /(>|\btee\b|\bcp\b|\bmv\b|\binstall\b)[^|;&\n]{0,200}\betc\/docker\/daemon\.json\b/,
    seen: "the engine's configuration is overwritten",
  },
  {
    pattern:
      /\bufw\s+(--force\s+)?enable\b|\bip6?tables\s+(-w\s+)?-P\s+INPUT\s+DROP\b|\bnft\s+flush\s+ruleset\b/,
    seen: "the host's firewall shuts, SSH included",
    onHost: true,
  },
];
/** Images whose whole work is that. */
const cleaner = /(^|\/)([^/]*docker-?(gc|cleanup|prune)[^/]*|[^/]*[-_]prune[^/]*)$/;

export const hostCommands: Control = {
  id,
  title: 'No command of the stack takes away what cannot be brought back',
  severity: 'high',
  domain: 'operations',
  subject: 'service',
  grant: true,
  why: 'A clean-up that removes every unused image or volume removes what another stack needs after a restart; down -v behind a harmless name is the end of the data.',
  references: [
    'https://docs.docker.com/reference/cli/docker/system/prune/',
    'https://docs.docker.com/reference/cli/docker/compose/down/',
  ],
  blindSpots: [
    'A script that a command calls is not read, and neither are timers of the host.',
    "Rules of a firewall inside of a container's own network harm nobody else and are not meant.",
  ],
  remedy:
    'Remove single things by name, or with a filter that spares what is needed (docker image prune --filter until=720h, without --all). Leave the firewall and daemon.json to whoever looks after the host.',
  static: (model) =>
    viewOf(model).services.flatMap((view): StaticResult[] => {
      const base = { subject: view.name, expected };
      const commands = commandTexts(view);
      const found = commands.flatMap(({ text, location }) => {
        const hazard = hazards.find(
          (one) => one.pattern.test(text) && (one.onHost !== true || isOnHost(view, text)),
        );
        return hazard ? [{ ...base, status: 'fail' as const, seen: hazard.seen, location }] : [];
      });
      if (found.length > 0) return found;
      const location = ['services', view.name];
      if (cleaner.test(view.image.path.toLowerCase())) {
        const seen = 'an image that removes images and volumes by itself';
        return [{ ...base, status: 'fail', seen, location: [...location, 'image'] }];
      }
      return commands.length === 0 ? [] : [{ ...base, status: 'pass', seen: 'so', location }];
    }),
  examples: {
    pass: [
      exampleService({ command: ['docker', 'image', 'prune', '-f', '--filter', 'until=720h'] }),
      exampleService({ command: 'sh -c "docker compose down && docker compose up -d"' }),
      exampleService({
        cap_add: ['NET_ADMIN'],
        command: 'sh -c "iptables -P INPUT DROP; exec vpn"',
      }),
    ],
    fail: [
      exampleService({ command: ['sh', '-c', 'while true; do docker system prune -af; done'] }),
      exampleService({
        labels: { 'ofelia.job-local.tidy.command': 'docker image prune --all -f' },
      }),
      exampleService({ command: 'docker compose -f /stack/compose.yml down --volumes' }),
      exampleService({ post_start: [{ command: 'cp /d.json /host/etc/docker/daemon.json' }] }),
      exampleService({ network_mode: 'host', command: 'sh -c "ufw --force enable"' }),
    ],
  },
};

function isOnHost({ service }: ServiceView, text: string): boolean {
  return service.network_mode === 'host' || /\b(nsenter|chroot)\b/.test(text);
}
