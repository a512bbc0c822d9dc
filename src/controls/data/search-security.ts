import { exampleService } from '../compose/example.ts';
import { checkPrograms, placeOf } from '../compose/program-check.ts';
import { isOpenText, isTrue } from '../compose/program-words.ts';
import type { ServiceView } from '../compose/stack-view.ts';
import type { Control } from '../control.ts';

const id = 'J-ELS-01';
const isSearch = {
  is: ({ program }: ServiceView) => program === 'elasticsearch' || program === 'opensearch',
  not: 'not Elasticsearch or OpenSearch',
  expected: 'security is on',
};
/** The switch of each image, and the text that turns security off. */
const switches: readonly { name: string; off: (value: string) => boolean }[] = [
  { name: 'xpack.security.enabled', off: isFalse },
  { name: 'XPACK_SECURITY_ENABLED', off: isFalse },
  // https://docs.opensearch.org/latest/security/configuration/demo-configuration
  { name: 'DISABLE_SECURITY_PLUGIN', off: isTrue },
  { name: 'plugins.security.disabled', off: isTrue },
  { name: 'ELASTICSEARCH_ENABLE_SECURITY', off: isFalse },
  { name: 'OPENSEARCH_ENABLE_SECURITY', off: isFalse },
];

export const searchSecurity: Control = {
  id,
  title: 'Elasticsearch and OpenSearch ask for a password',
  severity: 'high',
  domain: 'data',
  subject: 'database',
  why: 'With security off, everybody who reaches port 9200 reads, changes and deletes every index.',
  references: ['J-NET-02', 'J-MGO-01'],
  blindSpots: ['A mounted elasticsearch.yml or opensearch.yml is not read.'],
  remedy:
    'Take the switch that turns security off out, and set ELASTIC_PASSWORD or OPENSEARCH_INITIAL_ADMIN_PASSWORD.',
  static: (model) =>
    checkPrograms(model, id, isSearch, (view) => {
      for (const { name, off } of switches) {
        const value = view.environment.get(name);
        if (value === undefined || value === '') continue;
        const location = placeOf(view, 'environment', name);
        if (isOpenText(view, 'environment', value)) {
          return { status: 'unknown', seen: `a variable in ${name}`, location };
        }
        if (off(value)) return { status: 'fail', seen: `${name} turns it off`, location };
        return { status: 'pass', seen: 'on' };
      }
      if (
        view.mounts.some(({ target }) => /\/config(\/(elastic|open)search\.yml)?$/.test(target))
      ) {
        return { status: 'unknown', seen: 'a file of its own decides' };
      }
      // Off by default before version 8, and in Bitnami's image.
      // https://www.elastic.co/guide/en/elasticsearch/reference/7.17/security-minimal-setup.html
      const isOld = view.program === 'elasticsearch' && /^[1-7](\.|$)/.test(view.image.tag);
      const isBitnami = /(^|\/)bitnami/.test(view.image.path);
      return isOld || isBitnami
        ? {
            status: 'fail',
            seen: 'off, by the default of the image',
            location: placeOf(view, 'image'),
          }
        : { status: 'pass', seen: 'on, by the default of the image' };
    }),
  examples: {
    pass: [
      exampleService({ image: 'docker.elastic.co/elasticsearch/elasticsearch:9.2.0' }),
      exampleService({
        image: 'elasticsearch:7.17.28',
        environment: { 'xpack.security.enabled': 'true' },
      }),
      exampleService({ image: 'opensearchproject/opensearch:3' }),
    ],
    fail: [
      exampleService({
        image: 'elasticsearch:9.2.0',
        environment: { 'xpack.security.enabled': 'false' },
      }),
      exampleService({ image: 'elasticsearch:7.17.28' }),
      exampleService({
        image: 'opensearchproject/opensearch:3',
        environment: { DISABLE_SECURITY_PLUGIN: 'true' },
      }),
    ],
  },
};

function isFalse(value: string): boolean {
  return /^(false|no|n|0|off)$/i.test(value.trim());
}
