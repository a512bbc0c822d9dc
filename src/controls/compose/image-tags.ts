import type { ImageName } from './stack-view.ts';

const digestForm = /^[a-z0-9+._-]+:[0-9a-f]{32,}$/;
/** What a tag says of the system below the program, as in `stable-alpine3.20`. */
const base = /[-_.](alpine|ubuntu|debian|ubi|pg|php|jdk|jre|python|node|cuda)-?v?\d[\d.]*/g;

/** True where the image's reference has a digest. */
export function hasDigest({ digest }: Pick<ImageName, 'digest'>): boolean {
  return digestForm.test(digest);
}

/**
 * True where a reference means another image from one day to the next: no tag, `latest` and what
 * begins with it, or a tag that names no version (`stable`, `main`, `alpine`, `stable-alpine3.20`).
 * A major version alone stays within what it promises.
 */
export function isFloating(image: Pick<ImageName, 'digest' | 'tag'>): boolean {
  if (hasDigest(image)) return false;
  const tag = image.tag.toLowerCase();
  return /^latest([-_.]|$)/.test(tag) || !/\d/.test(tag.replace(base, ''));
}
