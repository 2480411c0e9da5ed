#!/bin/sh
exec run
