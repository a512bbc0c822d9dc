import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand, tryCommand } from './command.ts';
import { bootstrapSystem } from './packages.ts';
import type { Paths } from './paths.ts';
import { baseRevision, baseSuite } from './recipes.ts';
import { standInLabel } from './images.ts';
import { step, type Log } from './steps.ts';

/** The name that every recipe starts from: the same as the official image's. */
export const baseReference = `debian:${baseSuite}-slim`;

/** What makes package installs inside an image quick, quiet and independent of the day. */
const settings = {
  // A mirror may lag behind; a moving release's index then counts as expired.
  'etc/apt/apt.conf.d/90testbed': 'Acquire::Check-Valid-Until "false";\nAcquire::Retries "3";\n',
  'etc/dpkg/dpkg.cfg.d/90testbed':
    'force-unsafe-io\npath-exclude=/usr/share/doc/*\npath-exclude=/usr/share/man/*\n',
  // No service is started while an image is built.
  'usr/sbin/policy-rc.d': '#!/bin/sh\nexit 101\n',
};

/** Makes the base image from packages, unless the engine has it. */
export async function ensureBaseImage(
  paths: Paths,
  env: Record<string, string>,
  log: Log,
): Promise<void> {
  const format = `{{index .Config.Labels "${standInLabel}.recipe"}}`;
  const found = await tryCommand(['docker', 'image', 'inspect', '-f', format, baseReference], {
    env,
  });
  if (found.code === 0 && found.stdout.trim() === baseRevision) return;
  await step(log, `make the base image ${baseReference}`, async () => {
    const root = join(paths.scratch, 'base');
    const archive = join(paths.scratch, 'base.tar');
    try {
      await rm(root, { recursive: true, force: true });
      await mkdir(root, { recursive: true });
      await bootstrapSystem(baseSuite, root, ['ca-certificates', 'busybox', 'tzdata']);
      await removeWaste(root);
      for (const [file, text] of Object.entries(settings)) {
        await writeFile(join(root, file), text, { mode: file.endsWith('.d') ? 0o755 : 0o644 });
      }
      // mkdir made it for this user alone; inside the image it is "/".
      await chmod(root, 0o755);
      const remedy = 'Check the free disk space.';
      await runCommand(['tar', '-C', root, '--numeric-owner', '-cf', archive, '.'], remedy);
      const changes = [
        'CMD ["sh"]',
        'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        `LABEL ${standInLabel}=true`,
        `LABEL ${standInLabel}.recipe=${baseRevision}`,
      ].flatMap((change) => ['--change', change]);
      await runCommand(['docker', 'import', ...changes, archive, baseReference], remedy, { env });
    } finally {
      await rm(root, { recursive: true, force: true });
      await rm(archive, { force: true });
    }
  });
}

/** Downloads and documentation that no container reads. */
async function removeWaste(root: string): Promise<void> {
  const waste = ['var/cache/apt', 'var/lib/apt/lists', 'usr/share/doc', 'usr/share/man', 'var/log'];
  for (const folder of waste) {
    await rm(join(root, folder), { recursive: true, force: true });
    await mkdir(join(root, folder), { recursive: true });
  }
}
