import { readdirSync } from 'node:fs';
import tseslint from 'typescript-eslint';

/**
 * The layers of src/, lowest first. A layer may import itself and every layer in an earlier row;
 * layers in one row do not know each other.
 */
const layers = [
  ['error'],
  ['io'],
  ['harden', 'settings'],
  ['compose'],
  ['catalog'],
  ['secrets', 'docker', 'state'],
  ['render', 'data'],
  ['controls'],
  ['audit', 'verify', 'remedy'],
  ['usecases'],
  ['cli'],
];

const files = new Set(readdirSync(new URL('./src/', import.meta.url)));
const layerRules = layers.flatMap((row, depth) =>
  row.map((layer) => {
    const reachable = new Set([...layers.slice(0, depth).flat(), layer]);
    const foreign = layers.flat().filter((other) => !reachable.has(other));
    const pure = ['harden', 'render', 'catalog', 'settings', 'compose', 'audit'].includes(layer);
    return {
      files: files.has(`${layer}.ts`) ? [`src/${layer}.ts`] : [`src/${layer}/**/*.ts`],
      rules: {
        'no-restricted-imports': [
          'error',
          {
            patterns: [
              ...foreign.map((other) => ({
                regex: `^\\.\\./${other}(/|\\.ts$)`,
                message: `src/${layer} may not import src/${other}: imports go downwards only.`,
              })),
              ...(pure
                ? [
                    {
                      regex: '^(node:)?(fs|child_process|net|http|https|tls|os|process)(/|$)',
                      message: `src/${layer} is pure: what it needs is passed in.`,
                    },
                  ]
                : []),
            ],
          },
        ],
        ...(pure
          ? {
              'no-restricted-globals': [
                'error',
                { name: 'process', message: 'Pure code: pass it in.' },
                { name: 'fetch', message: 'Pure code: pass it in.' },
              ],
            }
          : {}),
      },
    };
  }),
);

export default tseslint.config(
  { ignores: ['dist', 'node_modules', 'test/testbed/images', 'test/golden', 'test-results'] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['*.js'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      'no-console': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      // An interface method without `await` inside is still a promise for its callers.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
    },
  },
  ...layerRules,
  {
    files: ['test/**/*.ts', 'scripts/**/*.ts', '*.ts'],
    rules: { 'no-console': 'off', '@typescript-eslint/no-non-null-assertion': 'off' },
  },
  { files: ['**/*.js', '**/*.cjs'], extends: [tseslint.configs.disableTypeChecked] },
  {
    files: ['**/*.cjs'],
    languageOptions: { sourceType: 'commonjs' },
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
);
