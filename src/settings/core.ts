import type { SettingDefinition } from './definition.ts';

/** The settings that belong to the whole project; services add their own in their manifests. */
export const coreSettings: readonly SettingDefinition[] = [
  {
    key: 'PROJECT_NAME',
    group: 'Project',
    type: 'string',
    default: 'jacker',
    pattern: '[a-z0-9][a-z0-9_-]{0,40}',
    help: 'Name of the Compose project; containers, networks and volumes are prefixed with it. Two projects on one host need two names.',
  },
  {
    key: 'DOMAIN',
    group: 'Project',
    type: 'domain',
    default: 'jacker.localhost',
    help: 'The domain under which every service gets a host name. Names under .localhost always mean this machine.',
    example: 'example.com',
  },
  {
    key: 'PRESET',
    group: 'Project',
    type: 'enum',
    values: ['minimal', 'standard', 'full'],
    default: 'standard',
    help: 'Which services are on. SERVICES_ENABLED and SERVICES_DISABLED change single ones.',
  },
  {
    key: 'SERVICES_ENABLED',
    group: 'Project',
    type: 'list',
    help: 'Services to turn on in addition to the preset, separated by commas.',
  },
  {
    key: 'SERVICES_DISABLED',
    group: 'Project',
    type: 'list',
    help: 'Services of the preset to leave out, separated by commas.',
  },
  {
    key: 'TIMEZONE',
    group: 'Project',
    type: 'timezone',
    default: 'UTC',
    help: 'Time zone of the containers, as in the tz database.',
    example: 'Europe/Madrid',
  },
  {
    key: 'BIND_ADDRESS',
    group: 'Edge',
    type: 'address',
    default: '127.0.0.1',
    help: 'Host address on which Traefik listens. 127.0.0.1 serves this machine only; 0.0.0.0 serves everybody who can reach the host.',
  },
  {
    key: 'HTTP_PORT',
    group: 'Edge',
    type: 'port',
    default: '80',
    help: 'Host port for HTTP; it only redirects to HTTPS (and answers ACME challenges).',
  },
  {
    key: 'HTTPS_PORT',
    group: 'Edge',
    type: 'port',
    default: '443',
    help: 'Host port for HTTPS.',
  },
  {
    key: 'IMAGE_MIRROR',
    group: 'Images',
    type: 'string',
    pattern: '[a-z0-9.-]+(:[0-9]+)?(/[a-z0-9._-]+)*',
    help: 'Registry (and optional path) that replaces the registry of every image: docker.io/library/redis becomes MIRROR/library/redis.',
    example: 'registry.example.com/mirror',
  },
];
