import { LabIcon } from '@jupyterlab/ui-components';

/** A table with one row woven over its column. */
export const tableIcon = new LabIcon({
  name: 'tabweave:table',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">
  <path class="jp-icon3" fill="#616161" fill-rule="evenodd" d="M5 4h14a2 2 0 0 1 2 2v12a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V6c0-1.1.9-2 2-2zm0
    1.8v3.4h14V5.8zM5 11v2.6h3.6V11zm5.4 0v2.6H19V11zM5 15.4V18h6.6v-2.6zm8.4 0V18H19v-2.6z"/>
</svg>`
});

/** Sparks: something is said and done. */
export const askIcon = new LabIcon({
  name: 'tabweave:ask',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 16 16">
  <path class="jp-icon3" fill="#616161" d="M6.5 2 8 5.8l3.8 1.5L8 8.8l-1.5 3.8L5 8.8 1.2 7.3 5 5.8zM12.2 9.4l.8 2 2 .8-2 .8-.8 2-.8-2-2-.8
    2-.8zM12.4 1.4l.6 1.4 1.4.6-1.4.6-.6 1.4-.6-1.4-1.4-.6 1.4-.6z"/>
</svg>`
});
