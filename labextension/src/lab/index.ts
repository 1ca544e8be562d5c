import { page } from './page';
import { saved } from './saved';

export default [page, saved];
