import { healthTest } from '../compose/health-test.ts';
import { checkPrograms, placeOf } from '../compose/program-check.ts';
import type { ServiceView } from '../compose/stack-view.ts';
import type { Control, StaticModel } from '../control.ts';
import { exampleService } from '../compose/example.ts';

const id = 'J-HC-04';
const expected = 'a program that the image has';

interface Lacking {
  /** Matches the image's path without registry and tag, in lower case. */
  path: RegExp;
  /** Tags of which this is so; all where it is left out. */
  tag?: (tag: string) => boolean;
  /** Programs that the image has not; `sh` is the shell of CMD-SHELL, too. */
  without: readonly string[];
}

const everything = ['sh', 'wget', 'curl', 'nc', 'cat', 'test', 'grep', 'pgrep', 'ls', 'true'];
const notAlpine = (tag: string): boolean => !tag.includes('alpine');

/** As the images' own Dockerfiles build them; the address of each is beside it. */
const images: readonly Lacking[] = [
  // FROM scratch: https://github.com/wollomatic/socket-proxy/blob/main/Dockerfile
  { path: /(^|\/)wollomatic\/socket-proxy$/, without: everything },
  // Distroless: https://github.com/oauth2-proxy/oauth2-proxy/blob/master/Dockerfile
  { path: /(^|\/)oauth2-proxy\/oauth2-proxy$/, tag: notAlpine, without: everything },
  // Distroless from 3.6: https://github.com/grafana/loki/blob/main/cmd/loki/Dockerfile
  { path: /(^|\/)grafana\/loki$/, tag: isLokiWithoutShell, without: everything },
  // FROM scratch: https://github.com/oliver006/redis_exporter/blob/master/docker/Dockerfile
  { path: /(^|\/)oliver006\/redis_exporter$/, tag: notAlpine, without: everything },
  // https://github.com/portainer/portainer/tree/develop/build/linux: the base has no shell.
  { path: /(^|\/)portainer\/portainer-(ce|ee)$/, tag: notAlpine, without: everything },
  // https://github.com/tarampampam/error-pages/blob/master/Dockerfile
  { path: /(^|\/)tarampampam\/error-pages$/, without: everything },
  // https://github.com/cloudflare/cloudflared/blob/master/Dockerfile
  { path: /(^|\/)cloudflare\/cloudflared$/, without: everything },
  { path: /(^|\/)distroless\//, tag: (tag) => !tag.includes('debug'), without: everything },
  { path: /./, tag: (tag) => tag.endsWith('-distroless'), without: everything },
  // Alpine with busybox's wget: https://github.com/traefik/traefik-library-image
  {
    path: /^(library\/)?(traefik|caddy)$/,
    tag: (tag) => !/windows|nano/.test(tag),
    without: ['curl'],
  },
  // Busybox: https://github.com/prometheus/busybox
  {
    path: /^(prom|prometheus)\/(prometheus|alertmanager|node-exporter|blackbox-exporter|pushgateway)$/,
    without: ['curl', 'bash'],
  },
];

export const healthProgram: Control = {
  id,
  title: 'The program of a health check is in the image',
  severity: 'medium',
  domain: 'operations',
  subject: 'service',
  why: 'A check that cannot start never succeeds: the container is unhealthy for good, what waits for it does not start, and Traefik takes its routes down.',
  references: ['J-HC-01', 'https://docs.docker.com/reference/dockerfile/#healthcheck'],
  blindSpots: [
    'What an image has is known of common ones only, and of their newer versions; what a mount or a build puts in is not seen.',
  ],
  remedy:
    "Call the program's own check, such as traefik healthcheck or /healthcheck, take the variant of the image with a shell (-alpine), or leave the check to whoever uses the service.",
  static: (model) => {
    const applies = {
      is: (view: ServiceView) =>
        lackingOf(view) !== undefined && healthTest(view.service).length > 1,
      not: 'no check in the file, or nothing is known of the image',
      expected,
    };
    return checkPrograms(model, id, applies, (view) => {
      const without = lackingOf(view)?.without ?? [];
      const test = healthTest(view.service);
      const isShell = test[0] !== 'CMD' && without.includes('sh');
      const program = isShell ? 'sh' : programOf(test);
      const missing = without.includes(program);
      return {
        status: missing ? 'fail' : 'pass',
        seen: missing ? `${program} is not in ${view.image.path}` : program || 'none',
        location: placeOf(view, 'healthcheck', 'test'),
      };
    });
  },
  examples: {
    pass: [
      exampleOf('traefik:v3.6', ['CMD', 'traefik', 'healthcheck', '--ping']),
      exampleOf('traefik:v3.6', ['CMD-SHELL', 'wget -q --spider http://127.0.0.1:8080/ping']),
      exampleOf('wollomatic/socket-proxy:1.13', ['CMD', '/healthcheck']),
      exampleOf('prom/prometheus:v3.7.0', 'wget -q --spider http://127.0.0.1:9090/-/ready'),
    ],
    fail: [
      exampleOf('wollomatic/socket-proxy:1.13', [
        'CMD-SHELL',
        'wget -q http://localhost:2375/_ping',
      ]),
      exampleOf('wollomatic/socket-proxy:1.13', ['CMD-SHELL', '/healthcheck']),
      exampleOf('grafana/loki:3.7.6', ['CMD', 'wget', '-q', '--spider', 'http://x:3100/ready']),
      exampleOf('quay.io/oauth2-proxy/oauth2-proxy:v7.15.3', 'wget --spider http://x/ping'),
      exampleOf('traefik:v3.6', ['CMD', 'curl', '-f', 'http://localhost:8080/ping']),
    ],
  },
};

function isLokiWithoutShell(tag: string): boolean {
  const [, major = '', minor = ''] = /^v?(\d+)\.(\d+)/.exec(tag) ?? [];
  if (major === '') return tag === 'latest' || tag === '3';
  return Number(major) > 3 || (Number(major) === 3 && Number(minor) >= 6);
}

function lackingOf({ service, image }: ServiceView): Lacking | undefined {
  // What a build adds is in no file that is read here.
  if (service['build'] !== undefined) return undefined;
  const path = image.path.toLowerCase();
  return images.find((one) => one.path.test(path) && (one.tag?.(image.tag) ?? true));
}

/** What the check starts first. */
function programOf([kind = '', first = '', ...rest]: readonly string[]): string {
  const words = kind === 'CMD' ? [first, ...rest] : first.trim().split(/\s+/);
  return (words[0] ?? '').replace(/^\/(usr\/)?(local\/)?s?bin\//, '');
}

function exampleOf(image: string, test: string | string[]): StaticModel {
  return exampleService({ image, healthcheck: { test } });
}
