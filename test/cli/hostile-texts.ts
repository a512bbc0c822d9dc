import { fill, lines, ofService, services } from './large-texts.ts';

const utf16 = (text: string): Buffer => Buffer.from(`\ufeff${text}`, 'utf16le');

/** Thirty keys of a service, each with what a control finds. */
const thirtyKeys = `image: nginx:1|privileged: true|user: root|restart: always|init: true|tty: true|read_only: false|hostname: h|domainname: d|pid: host|ipc: host|uts: host|network_mode: host|ports: ["80:80"]|volumes: ["/:/h"]|cap_add: [ALL]|cap_drop: [X]|security_opt: ["a=b"]|environment: { PASSWORD: hunter2x }|labels: { a: b }|command: x|entrypoint: y|expose: [1]|dns: [1.1.1.1]|tmpfs: [/x]|shm_size: 1g|stop_signal: X|working_dir: /|pids_limit: 1|mem_limit: 1g`;

/** Texts of eight megabytes of one thing, at which a parser may be slow or greedy. */
const monotonous: Readonly<Record<string, string>> = {
  ...{ entries: '- a\n', braces: '{', brackets: '[', 'empty maps': '{},', dashes: '- ' },
  ...{ colons: 'a: ', 'question marks': '? ', tags: '!a ', anchors: '&a ', aliases: '*a\n' },
  ...{ comments: '#\n', 'empty lines': '\n', tabs: '\t', blanks: ' ', documents: '---\n' },
  ...{ 'document texts': '--- a\n', stacks: '---\nservices: {a: {image: x}}\n' },
  ...{ blocks: 'a: |\n x\n', directives: '%YAML 1.2\n', quotes: '"', 'single quotes': "'" },
  ...{ words: 'a b ', 'one word': 'x' },
};

/** By name the `compose.yml` that is tried. */
export const hostileTexts: Readonly<Record<string, () => string | Uint8Array>> = {
  ...Object.fromEntries(
    Object.entries(monotonous).map(([name, unit]) => [`8 MiB of ${name}`, () => fill(unit)]),
  ),
  'a bomb of aliases': () =>
    `a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n${lines(30, (i) => `a${i + 1}: &a${i + 1} [${fill(`*a${i},`, 60)}]`)}\nservices: {}\n`,
  'a bomb of merge keys': () =>
    `x-a0: &a0 { k: 1 }\n${lines(40, (i) => `x-a${i + 1}: &a${i + 1} { <<: [${fill(`*a${i},`, 50)}], k${i}: { <<: *a${i} } }`)}\nservices: { a: { image: x, environment: { <<: *a40 } } }\n`,
  'a map merged everywhere': () =>
    `x-a: &a {${lines(1000, (i) => `k${i}: 1,`)}}\n${services(20_000, () => ', environment: { <<: *a }')}`,
  'labels of an alias in every service': () =>
    `x-a: &a {${lines(1000, (i) => `traefik.http.routers.r${i}.rule: "Host(x)",`)}}\n${services(700, () => ', labels: *a')}`,
  'ports of an alias in every service': () =>
    `x-a: &a [${lines(1000, (i) => `"${i + 1}:80",`)}]\n${services(700, () => ', ports: *a')}`,
  'a service named a hundred thousand times': () =>
    `x-a: &a { image: x, privileged: true }\nservices:\n${lines(100_000, (i) => `  s${i}: *a`)}\n`,
  'anchors that nest without end': () =>
    `x-a0: &a0 {}\n${lines(100_000, (i) => `x-a${i + 1}: &a${i + 1} { k: *a${i} }`)}\n`,
  'anchors everywhere': () =>
    `services:\n${lines(12_000, (i) => `  &k${i} s${i}: &m${i} { &x${i} image: &y${i} nginx }`)}\n`,
  'ten thousand services with thirty keys': () =>
    `services:\n${lines(10_000, (i) => `  s${i}:\n    ${thirtyKeys.replaceAll('|', '\n    ')}`)}\n`,
  'services in a circle': () =>
    services(10_000, (i) => {
      const next = `s${(i + 1) % 10_000}`;
      return `, depends_on: [${next}], links: [${next}], network_mode: "service:${next}", pid: "service:${next}", volumes_from: [${next}]`;
    }),
  'everything on every network': () =>
    services(5000, () => `, networks: [${lines(20, (i) => `n${i},`)}], ports: ["80:80"]`),
  'deep maps': () => lines(3000, (i) => `${' '.repeat(i)}a:`),
  'deep lists': () => `a: ${fill('- ', 8000)}x`,
  'a key a million times': () => `services:\n  a:\n    image: x\n${fill('    image: y\n')}`,
  'a service a million times': () => `services:\n${fill('  a: { image: x }\n')}`,
  'a hundred thousand unknown keys': () =>
    `services:\n  a:\n    image: x\n${lines(100_000, (i) => `    kex${i}: 1`)}\n`,
  'a key of four megabytes': () => `services: { a: { ? ${fill('k', 4e6)} : 1 } }`,
  'a name of a megabyte': () =>
    `services:\n  ? ${fill('a', 1e6)}\n  : { image: postgres, privileged: true, ports: ["80:80"], pid: host }\n`,
  'a line of eight megabytes': () => `services: { a: { image: "${fill('x')}", privileged: true } }`,
  'a folded text': () => `a: >\n${fill('  x\n\n')}`,
  'a folded quoted text': () => `a: "${fill('x\n ')}"`,
  escapes: () => `a: "${fill('\\u0041')}"`,
  'an image of a megabyte': () => ofService(`image: "${fill('a/', 1e6)}:latest"`),
  'a command of a megabyte': () => ofService(`command: "${fill('--password=x ', 1e6)}"`),
  'a command just below the bound': () => ofService(`command: "${fill('--password=x ', 130_000)}"`),
  'a list of commands': () => ofService(`entrypoint: [${fill('"--password=x",', 6e6)}]`),
  'a variable of a megabyte': () =>
    ofService(`environment: { DATABASE: "${fill('postgres://u:p@h/', 130_000)}" }`),
  'a health check of a megabyte': () =>
    ofService(`healthcheck: { test: "${fill('curl -f || ', 130_000)}" }`),
  'a rule of a megabyte': () =>
    ofService(`labels: { traefik.http.routers.a.rule: "${fill('Host(`a`) || ', 130_000)}" }`),
  'a hundred thousand variables': () =>
    `services:\n  a:\n    image: x\n    environment:\n${lines(100_000, (i) => `      K${i}: \${V${i}}`)}\n`,
  'two hundred thousand mounts': () =>
    `services:\n  a:\n    image: x\n    volumes:\n${lines(200_000, (i) => `    - /v${i}:/d${i}`)}\n`,
  'two hundred thousand ports': () =>
    `services:\n  a:\n    image: x\n    ports:\n${lines(200_000, (i) => `    - ${i}:80`)}\n`,
  'a hundred thousand waivers': () =>
    `${fill('# jacker-ignore HIGH-001 x until=2099-01-01\n', 5e6)}services: { a: { privileged: true } }`,
  'openings of variables': () => ofService(`user: "${fill('${')}"`),
  'defaults in defaults': () => ofService(`user: "${fill('${A:-')}"`),
  'nested defaults': () => ofService(`user: "${fill('${A:-', 5e5)}x${fill('}', 1e5)}"`),
  'nothing but variables': () => ofService(`user: "${fill('$A')}"`),
  'a chain of extends': () =>
    `services:\n  s0: { image: x }\n${lines(10_000, (i) => `  s${i + 1}: { extends: s${i}, cap_add: [C${i}] }`)}\n`,
  'a chain of extends from its end': () =>
    `services:\n${lines(10_000, (i) => `  s${i}: { extends: s${i + 1}, cap_add: [C${i}] }`)}\n  s10000: { image: x }\n`,
  'a large service that all extend': () =>
    `services:\n  base: { image: x, environment: {${lines(1000, (i) => `k${i}: 1,`)}} }\n${lines(11_000, (i) => `  s${i}: { extends: base, environment: { a: 1 } }`)}\n`,
  'extends in a circle': () =>
    'services: { a: { extends: b }, b: { extends: a }, c: { extends: c } }',
  'no UTF-8': () => Uint8Array.of(0x73, 0x3a, 0x20, 0xff, 0xfe),
  'UTF-16': () => utf16('services: { a: { image: x } }'),
  'UTF-16 the other way': () => utf16('services: { a: { image: x } }').swap16(),
  'NUL bytes': () => new Uint8Array(1000),
  'nothing at all': () => '',
};
