import type { SettingDefinition, SettingType } from '../../src/settings/definition.ts';

type Row = [SettingType, string[], Partial<SettingDefinition>?];

/** One text and the setting that has to accept or refuse it. */
export interface ValueCase {
  type: SettingType;
  text: string;
  more: Partial<SettingDefinition>;
}

const accepted: Row[] = [
  ['string', ['a b', '"quotes"', 'é$`', '\t']],
  ['string', ['abc'], { pattern: 'a|abc' }],
  ['text', ['a\nb', 'a']],
  ['integer', ['0', '-5', '9007199254740991']],
  ['integer', ['2', '4'], { min: 2, max: 4 }],
  ['boolean', ['true', 'false']],
  ['enum', ['one', 'two'], { values: ['one', 'two'] }],
  ['list', ['a', 'a, b ,c']],
  ['domain', ['example.com', 'a.b-c.example', 'xn--bcher-kva.example', '1.example', 'a.localhost']],
  ['port', ['1', '65535']],
  ['address', ['127.0.0.1', '0.0.0.0', '::', '::1', 'fe80::1', '2001:db8::a:1']],
  ['cidr-list', ['10.0.0.0/8', '::/0, 192.168.1.1/32']],
  ['duration', ['90s', '10m', '24h', '7d']],
  ['size', ['512k', '64m', '2g']],
  ['email', ['admin@example.com', "o'neil+tag@mail.example.org"]],
  ['email-list', ['a@example.com, b@example.com']],
  ['url', ['https://example.com', 'http://[::1]:8080/a?b#c', 'http://host:1']],
  [
    'image',
    [
      'redis',
      'docker.io/library/redis:8.2',
      'localhost:5000/a__b/c',
      'ghcr.io/a/b:1@sha256:' + 'a'.repeat(64),
    ],
  ],
  ['timezone', ['UTC', 'Europe/Madrid', 'America/Port_of_Spain', 'Etc/GMT+1', 'US/Pacific']],
];

const refused: Row[] = [
  ['string', ['a\nb', 'a\u0007']],
  ['string', ['abcd', 'xa'], { pattern: 'a|abc' }],
  ['text', ['a\u001b[31m']],
  ['integer', ['1.5', '1e3', '0x10', '007', '-0', ' 5', 'five', '9007199254740993']],
  ['integer', ['1', '5'], { min: 2, max: 4 }],
  ['boolean', ['True', 'yes', '1', 'on']],
  ['enum', ['One', 'three', 'one,two'], { values: ['one', 'two'] }],
  ['list', ['a,,b', 'a,', ',', 'a,b, a', 'a\nb']],
  [
    'domain',
    [
      'Example.com',
      'example',
      'example.com.',
      'bücher.example',
      '-a.example',
      'a_b.example',
      'a..b',
      '1.2.3.4',
      'https://example.com',
      'example.com:80',
      'a'.repeat(64) + '.com',
      'a.'.repeat(127) + 'com',
    ],
  ],
  ['port', ['0', '65536', '-1', '80/tcp', '8e1']],
  ['address', ['256.0.0.1', '127.1', '1.2.3', 'localhost', '::1/64', 'fe80::1%eth0', '[::1]']],
  ['cidr-list', ['10.0.0.0', '10.0.0.0/33', '10.0.0.0/8,10.0.0.0/8', '::/129']],
  ['duration', ['10', '0s', '10 m', '1h30m', '10w', '1.5h', '-1h']],
  ['size', ['64', '64mb', '64M', '0m', '1.5g']],
  ['email', ['admin', 'admin@', 'a b@example.com', 'admin@example', 'a@example.com,b@example.com']],
  ['email-list', ['a@example.com,', 'a@example.com;b@example.com', '*']],
  [
    'url',
    [
      'example.com',
      'ftp://example.com',
      'https://',
      'https://user:hidden@example.com',
      'javascript:alert(1)',
      'https://a b',
      'http://host:99999',
    ],
  ],
  ['image', ['Redis', 'redis:', ':8', 'redis@sha256:abc', 'a//b', 'redis latest', '-redis']],
  ['timezone', ['utc', 'europe/madrid', 'Europe/Atlantis', '+01:00', '../../etc/passwd', 'Mars']],
];

const flat = (table: Row[]): ValueCase[] =>
  table.flatMap(([type, texts, more = {}]) => texts.map((text) => ({ type, text, more })));

/** Values in `.env` notation that their type accepts. */
export const acceptedValues = flat(accepted);
/** Values that their type refuses. */
export const refusedValues = flat(refused);
