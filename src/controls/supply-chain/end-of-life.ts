import { exampleService } from '../compose/example.ts';
import { checkPrograms, placeOf } from '../compose/program-check.ts';
import type { ServiceView } from '../compose/stack-view.ts';
import type { Control } from '../control.ts';

const id = 'J-IMG-06';
/** The day up to which the table says what has ended. Dates: https://endoflife.date/<product> */
const asOf = '2026-11-24';

interface EndedVersions {
  /** Matches the image's path without registry and tag. */
  path: RegExp;
  /** Every major version before this one has ended. */
  majorsBefore: number;
  /** Other versions `major.minor` that have ended. */
  versions?: readonly string[];
  /** Names in tags that stand for ended versions. */
  names?: readonly string[];
}

/** Debian releases whose long-term support is over; other images name them in their tags too. */
const debianNames = ['bullseye', 'buster', 'stretch', 'jessie', 'wheezy'];
const alpineBefore = 22;

/** Long-term support is counted where everybody gets it without paying. */
const table: readonly EndedVersions[] = [
  // endoflife.date/postgresql: 14 on 2026-11-12
  { path: /^(library\/)?postgres$|^postgis\/postgis$|^bitnami\/postgresql$/, majorsBefore: 15 },
  // endoflife.date/mysql: 8.0 on 2026-04-30; 8.4 and 9.7 are the living ones
  {
    path: /^(library\/)?mysql$|^bitnami\/mysql$/,
    majorsBefore: 8,
    versions: ['8.0', '8.1', '8.2', '8.3', '9.0', '9.1', '9.2', '9.3', '9.4', '9.5', '9.6'],
  },
  // endoflife.date/mariadb: 10.6 on 2026-07-06
  {
    path: /^(library\/)?mariadb$|^bitnami\/mariadb$|^linuxserver\/mariadb$/,
    majorsBefore: 10,
    versions: [
      ...Array.from({ length: 11 }, (_, minor) => `10.${minor}`),
      ...['11.0', '11.1', '11.2', '11.3', '11.5', '11.6', '11.7', '12.0', '12.1', '12.2'],
    ],
  },
  // endoflife.date/mongodb: 6.0 on 2025-07-31
  {
    path: /^(library\/)?mongo$|^bitnami\/mongodb$/,
    majorsBefore: 7,
    versions: ['7.1', '7.2', '7.3', '8.1', '8.2'],
  },
  // endoflife.date/redis: 7.0 on 2024-07-29
  { path: /^(library\/)?redis$|^bitnami\/redis$/, majorsBefore: 6, versions: ['6.0', '7.0'] },
  // endoflife.date/nodejs: 20 on 2026-04-30
  { path: /^(library\/)?node$/, majorsBefore: 22, versions: ['23', '25'] },
  // endoflife.date/python: 3.10 on 2026-10-31
  {
    path: /^(library\/)?python$/,
    majorsBefore: 3,
    versions: Array.from({ length: 11 }, (_, minor) => `3.${minor}`),
  },
  // endoflife.date/php: 8.1 on 2025-12-31
  { path: /^(library\/)?php$/, majorsBefore: 8, versions: ['8.0', '8.1'] },
  // endoflife.date/debian: long-term support of 11 until 2026-08-31
  { path: /^(library\/)?debian$/, majorsBefore: 12, names: debianNames },
  // endoflife.date/ubuntu: 20.04 on 2025-05-31
  {
    path: /^(library\/)?ubuntu$/,
    majorsBefore: 22,
    versions: ['22.10', '23.04', '23.10', '24.10', '25.04', '25.10'],
    names: ['focal', 'bionic', 'xenial', 'trusty'],
  },
  // endoflife.date/alpine-linux: 3.21 on 2026-11-01
  {
    path: /^(library\/)?alpine$/,
    majorsBefore: 3,
    versions: Array.from({ length: alpineBefore }, (_, minor) => `3.${minor}`),
  },
  // endoflife.date/traefik: 2.11 on 2026-02-01
  { path: /^(library\/)?traefik$/, majorsBefore: 3 },
  // endoflife.date/elasticsearch: 7 on 2026-01-15
  { path: /^(library\/)?elasticsearch$|^elasticsearch\/elasticsearch$/, majorsBefore: 8 },
];

const isListed = {
  is: ({ image }: ServiceView) => /\d|[a-z]/.test(image.tag) && entryOf(image.path) !== undefined,
  not: 'no program of the table, or no tag',
  expected: `a version that is looked after (as of ${asOf})`,
};

export const endOfLife: Control = {
  id,
  title: 'Images are of versions that still get fixes',
  severity: 'medium',
  domain: 'supply-chain',
  subject: 'service',
  why: 'Holes that are found after the end of a version stay open in it for ever, and are published all the same.',
  references: ['J-IMG-06', 'https://endoflife.date', 'NIST SP 800-190 4.1.1'],
  blindSpots: [
    `The table is of ${asOf} and holds common programs only; what ends later is not known here. Paid support is not counted.`,
    'A digest without a tag says nothing of a version.',
  ],
  remedy:
    "Move to a version that is looked after, by its maker's notes on upgrading: a database needs a dump or an upgrade of its files.",
  static: (model) =>
    checkPrograms(model, id, isListed, (view) => {
      const { path, tag } = view.image;
      const ended = endedBy(tag.toLowerCase(), entryOf(path));
      return {
        status: ended === null ? (tag.includes('$') ? 'unknown' : 'pass') : 'fail',
        seen: ended ?? tag,
        location: placeOf(view, 'image'),
      };
    }),
  examples: {
    pass: [
      'postgres:18.6-alpine',
      'redis:7',
      'mysql:8',
      'mysql:8.4.7',
      'python:3',
      'node:lts',
      'debian:trixie-slim',
      'php:8.4-fpm-alpine3.22',
      'traefik:v3.7',
      'registry.example.com/hub/library/postgres:17',
    ].map((image) => exampleService({ image })),
    fail: [
      'postgres:13',
      'postgres:9.6-alpine',
      'mysql:5.7',
      'mysql:8.0.40',
      'mariadb:10.5',
      'mongo:4.4',
      'redis:6.0.20',
      'node:18-slim',
      'python:3.8',
      'php:7.4-apache',
      'debian:buster-slim',
      'ubuntu:20.04',
      'alpine:3.15',
      'traefik:v2.11',
      'docker.elastic.co/elasticsearch/elasticsearch:7.17.28',
      'node:22-buster',
      'php:8.4-cli-alpine3.18',
    ].map((image) => exampleService({ image })),
  },
};

/** A mirror puts a folder of its own before the path. */
function entryOf(path: string): EndedVersions | undefined {
  const library = path.lastIndexOf('library/');
  const bare = library < 0 ? path : path.slice(library);
  return table.find((entry) => entry.path.test(bare));
}

/** What of a tag has ended; null where nothing is known to have. */
function endedBy(tag: string, entry: EndedVersions | undefined): string | null {
  const [, major, minor] = /^v?(\d+)(?:\.(\d+))?/.exec(tag) ?? [];
  if (entry && major !== undefined) {
    const version = minor === undefined ? major : `${major}.${minor}`;
    if (Number(major) < entry.majorsBefore) return version;
    if (entry.versions?.some((one) => one === version || one === major)) return version;
  }
  const words = tag.split('-');
  const name = words.find((word) => debianNames.includes(word) || entry?.names?.includes(word));
  if (name !== undefined) return name;
  const alpine = words.find((word) => /^alpine3\.\d+$/.test(word));
  return alpine !== undefined && Number(alpine.slice('alpine3.'.length)) < alpineBefore
    ? alpine
    : null;
}
