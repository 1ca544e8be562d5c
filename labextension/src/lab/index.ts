import { asking } from './asking';
import { page } from './page';
import { saved } from './saved';
import { workspace } from './workspace';

export default [page, saved, workspace, asking];
