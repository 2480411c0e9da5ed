<?php
return ['db' => ['password' => 'x']];
