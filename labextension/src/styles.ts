import glide from '@glideapps/glide-data-grid/dist/index.css?inline';
import own from '../style/index.css?inline';

const MARK = 'data-tabweave-styles';

/** Puts the style sheets into the document or shadow root that holds `el`, once per root. */
export function adoptStyles(el: Element): void {
  const root = el.getRootNode();
  const home = root instanceof ShadowRoot ? root : document.head;
  if (home.querySelector(`style[${MARK}]`)) {
    return;
  }
  const sheet = document.createElement('style');
  sheet.setAttribute(MARK, '');
  sheet.textContent = `${glide}\n${own}`;
  home.append(sheet);
}
